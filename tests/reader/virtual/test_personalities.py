"""Other people's readers: what they say of themselves, what they take from whom, and how their air behaves."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import replace

import pytest

from reader.errors import SceneError
from reader.virtual.faults import Fault
from reader.virtual.llrp.element import Bits, Element, Message, make
from reader.virtual.llrp.extension import ReportContext
from reader.virtual.llrp.impinj import R420, R700
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.llrp.personality import PLAIN, Personality
from reader.virtual.llrp.reports import TagEntry
from reader.virtual.llrp.zebra import FX9600
from reader.virtual.scene import Scene, builtin_scene, scene_of
from tests.reader.virtual.llrp_bench import (
    ON_PAD,
    BenchClient,
    ai_spec,
    antenna,
    code,
    culprits,
    epc_of,
    frame,
    report_spec,
    reports,
    rospec,
    running,
    tlv,
    transmitter,
)

IMPINJ = 25882
ENABLE = frame(1023, struct.pack(">IBI", IMPINJ, 21, 0))
FCC = scene_of(builtin_scene().model_dump() | {"region": "fcc"})


def client_of(personality: Personality, scene: Scene | None = None) -> BenchClient:
    """Return a client that has enabled what there is to enable."""
    client = BenchClient(scene, personality=personality)
    if personality.extension.enabled_by:
        client.send(ENABLE)
    return client


def capabilities(client: BenchClient) -> Element:
    answer = client.ask("GET_READER_CAPABILITIES", RequestedData=0)
    assert code(answer) == 0
    return answer.body


def config(client: BenchClient, *children: Element, requested: int = 0) -> Message:
    fields = {"AntennaID": 0, "RequestedData": requested, "GPIPortNum": 0, "GPOPortNum": 0}
    return client.ask("GET_READER_CONFIG", *children, **fields)


def powers(body: Element) -> dict[int, int]:
    band = body.the("RegulatoryCapabilities").the("UHFBandCapabilities")
    return {e.number("Index"): e.number("TransmitPowerValue") for e in band.each("TransmitPowerLevelTableEntry")}


def modes(body: Element) -> set[int]:
    band = body.the("RegulatoryCapabilities").the("UHFBandCapabilities")
    return {e.number("ModeIdentifier") for e in band.the("C1G2UHFRFModeTable").children}


def command(*children: Element, mode: int, session: int = 1) -> Element:
    """Return settings for all antennas with what stands in their inventory command."""
    control = make("C1G2RFControl", ModeIndex=mode, Tari=0)
    singulation = make("C1G2SingulationControl", Session=session, TagPopulation=16, TagTransitTime=0)
    return make("C1G2InventoryCommand", control, singulation, *children, TagInventoryStateAware=0)


def search(mode: int) -> Element:
    return make("ImpinjInventorySearchMode", InventorySearchMode=mode)


def read_for_3s(
    client: BenchClient, *customs: Element, session: int = 1, report: Element | None = None
) -> list[Element]:
    settings = antenna(0, transmitter(), command(*customs, mode=1003))
    running(client, rospec(ai_spec(settings, ports=(1, 2)), report=report))
    return reports(client.wait(3000))


# --- what they say of themselves ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("personality", "pen", "model", "ports", "gpio", "rospecs", "filters", "aware", "power_table"),
    [
        (PLAIN, 32473, 1, 2, (2, 2), 4, 2, 1, {1: 1000, 41: 2000, 81: 3000}),
        (R420, 25882, 2001002, 4, (4, 4), 1, 2, 0, {1: 1000, 41: 2000, 81: 3000}),
        (R700, 25882, 2001052, 4, (2, 3), 1, 5, 0, {1: 1000, 93: 3300}),
        (FX9600, 161, 96008, 8, (4, 4), 8, 4, 1, {0: 1000, 47: 1470, 104: 2040, 200: 3000}),
    ],
)
def test_each_says_what_it_is(
    personality: Personality,
    pen: int,
    model: int,
    ports: int,
    gpio: tuple[int, int],
    rospecs: int,
    filters: int,
    aware: int,
    power_table: dict[int, int],
) -> None:
    body = capabilities(BenchClient(personality=personality))
    general, llrp = body.the("GeneralDeviceCapabilities"), body.the("LLRPCapabilities")
    inputs_outputs = general.the("GPIOCapabilities")

    assert (general.number("DeviceManufacturerName"), general.number("ModelName")) == (pen, model)
    assert general.number("MaxNumberOfAntennaSupported") == len(general.each("PerAntennaAirProtocol")) == ports
    assert (inputs_outputs.number("NumGPIs"), inputs_outputs.number("NumGPOs")) == gpio
    assert llrp.number("MaxNumROSpecs") == rospecs
    assert llrp.number("CanDoTagInventoryStateAwareSingulation") == aware
    assert body.the("C1G2LLRPCapabilities").number("MaxNumSelectFiltersPerQuery") == filters
    assert powers(body).items() >= power_table.items()
    assert PERSONALITIES[personality.name] is personality


def test_an_r420_is_as_it_was_recorded() -> None:
    client = BenchClient(FCC, personality=R420)
    body = capabilities(client)
    sensitivities = body.the("GeneralDeviceCapabilities").each("ReceiveSensitivityTableEntry")

    assert modes(body) == {0, 1, 2, 3, 4, 1000, 1002, 1003, 1004, 1005}
    assert [s.number("ReceiveSensitivityValue") for s in sensitivities] == [0, *range(10, 51)]
    assert (len(powers(body)), body.the("RegulatoryCapabilities").number("CountryCode")) == (81, 840)
    settings = config(client).body
    assert [p.number("AntennaConnected") for p in settings.each("AntennaProperties")] == [1, 1, 0, 0]
    first = settings.each("AntennaConfiguration")[0]
    assert first.the("RFTransmitter").fields == {"HopTableID": 1, "ChannelIndex": 0, "TransmitPower": 81}
    events = settings.the("ReaderEventNotificationSpec").children
    assert [e.number("EventType") for e in events if e.number("NotificationState")] == [4, 8]
    report = settings.the("ROReportSpec")
    assert (report.number("ROReportTrigger"), report.number("N")) == (2, 1)
    assert settings.the("AccessReportSpec").number("AccessReportTrigger") == 1
    assert not any(p.number("Config") for p in settings.each("GPIPortCurrentState"))


@pytest.mark.parametrize("personality", [R420, FX9600])
@pytest.mark.parametrize("type", [46, 47])
def test_old_readers_speak_1_0_1_only(personality: Personality, type: int) -> None:
    (said,) = BenchClient(personality=personality).send(frame(type, b"\2" if type == 47 else b"", version=2, id=9))

    assert (said.name, said.version, said.id, code(said), culprits(said)) == ("ERROR_MESSAGE", 1, 9, 110, [])


def test_a_scene_with_more_antennas_than_ports_is_refused() -> None:
    document = builtin_scene().model_dump()
    document["antennas"] = [document["antennas"][0] | {"port": port} for port in range(1, 6)]

    with pytest.raises(SceneError, match="impinj-r420 has 4 antenna ports"):
        BenchClient(scene_of(document), personality=R420)


# --- what they refuse -----------------------------------------------------------------------------


def test_an_r420_holds_one_rospec_of_one_priority_without_state() -> None:
    client = BenchClient(personality=R420)
    aware = make("C1G2InventoryCommand", TagInventoryStateAware=1)
    mask = make("C1G2TagInventoryMask", MB=1, Pointer=32, TagMask=Bits(8, b"\x30"))
    truncating = make("C1G2InventoryCommand", make("C1G2Filter", mask, T=2), TagInventoryStateAware=0)

    assert code(client.ask("ADD_ROSPEC", rospec(ai_spec(antenna(0, aware))))) == 100
    assert code(client.ask("ADD_ROSPEC", rospec(ai_spec(antenna(0, truncating))))) == 100
    assert code(client.ask("ADD_ROSPEC", rospec(priority=1))) == 100
    assert code(client.ask("ADD_ROSPEC", rospec(id=1))) == 0
    assert code(client.ask("STOP_ROSPEC", ROSpecID=1)) == 101
    assert code(client.ask("ADD_ROSPEC", rospec(id=2))) == 105


def test_nothing_of_impinj_is_taken_before_it_is_enabled_and_anew_after_every_connect() -> None:
    client = BenchClient(personality=R420)
    asked = make("ImpinjRequestedData", RequestedData=2000)
    assert code(config(client, asked)) == 111
    assert not [child for child in config(client).body.children if child.name.startswith("Impinj")]

    (answer,) = client.send(ENABLE)
    assert (answer.id, answer.body.fields["MessageSubtype"]) == (7, 22)
    assert answer.body.fields["Data"] == tlv(287, bytes(4))
    assert code(config(client, asked)) == 0

    client.device.disconnect()
    client.device.connect(client.now_us)
    client.heard()
    assert code(config(client, asked)) == 111


@pytest.mark.parametrize(
    "message", [frame(1023, struct.pack(">IBI", IMPINJ, 23, 0)), frame(1023, struct.pack(">IBI", 161, 21, 0))]
)
def test_other_custom_messages_are_not_known(message: bytes) -> None:
    (said,) = BenchClient(personality=R420).send(message)

    assert (said.name, code(said)) == ("ERROR_MESSAGE", 109)


@pytest.mark.parametrize(
    ("name", "children"),
    [
        ("SET_READER_CONFIG", [search(1)]),
        ("SET_READER_CONFIG", [antenna(1, search(1))]),
        ("SET_READER_CONFIG", [make("ImpinjReaderTemperature", Temperature=1)]),
        ("ADD_ROSPEC", [rospec(ai_spec(antenna(0, command(make("ImpinjRFPhaseAngle", PhaseAngle=1), mode=1000))))]),
        ("ADD_ROSPEC", [rospec(ai_spec(antenna(0, make("MotoTagPhase", Phase=1))))]),
    ],
)
def test_a_parameter_in_the_wrong_place_is_unsupported(name: str, children: list[Element]) -> None:
    fields = {"ResetToFactoryDefault": 0} if name == "SET_READER_CONFIG" else {}
    refused = client_of(R420).ask(name, *children, **fields)

    assert (code(refused), culprits(refused)) == (111, [("ParameterError", 1023, 111)])


# --- Impinj's settings and capabilities -----------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (2001, {"ImpinjSubRegulatoryRegion"}),
        (2004, {"ImpinjReaderTemperature"}),
        (2005, {"ImpinjLinkMonitorConfiguration"}),
        (
            2000,
            {
                "ImpinjSubRegulatoryRegion",
                "ImpinjReaderTemperature",
                "ImpinjGPIDebounceConfiguration",
                "ImpinjLinkMonitorConfiguration",
                "ImpinjReportBufferConfiguration",
                "ImpinjAdvancedGPOConfiguration",
            },
        ),
    ],
)
def test_settings_of_impinj_are_shown_as_asked_for(number: int, names: set[str]) -> None:
    asked = make("ImpinjRequestedData", RequestedData=number)
    answer = config(client_of(R420), asked, requested=1).body

    assert {child.name for child in answer.children[2:]} == names


def test_the_version_and_the_region_of_an_r420_are_told_when_asked_for() -> None:
    client = client_of(R420, FCC)

    assert capabilities(client).the("ImpinjDetailedVersion").fields["ModelName"] == "Speedway R420"
    assert config(client).body.the("ImpinjSubRegulatoryRegion").number("RegulatoryRegion") == 0
    asked = make("ImpinjRequestedData", RequestedData=3000)
    assert culprits(config(client, asked))[-1] == ("FieldError", 0, 301)


def test_settings_of_impinj_are_kept_until_the_factory_takes_them_back() -> None:
    client = client_of(R420)
    wanted = [
        make("ImpinjGPIDebounceConfiguration", GPIPortNum=3, GPIDebounceTimerMSec=20),
        make("ImpinjLinkMonitorConfiguration", LinkMonitorMode=1, LinkDownThreshold=4),
        make("ImpinjReportBufferConfiguration", ReportBufferMode=1),
    ]
    assert code(client.ask("SET_READER_CONFIG", *wanted, ResetToFactoryDefault=0)) == 0
    assert [child for child in config(client).body.children if child in wanted] == wanted
    assert len(config(client).body.each("ImpinjGPIDebounceConfiguration")) == 4

    client.ask("SET_READER_CONFIG", ResetToFactoryDefault=1)
    assert not [child for child in config(client).body.children if child in wanted]
    bad = make("ImpinjGPIDebounceConfiguration", GPIPortNum=5, GPIDebounceTimerMSec=20)
    assert code(client.ask("SET_READER_CONFIG", bad, ResetToFactoryDefault=0)) == 100


def test_the_temperature_tells_when_it_is_too_hot() -> None:
    client = client_of(R420)

    def temperature() -> int:
        return config(client).body.the("ImpinjReaderTemperature").number("Temperature")

    assert temperature() < 60
    client.faults.switch_on(Fault.OVER_TEMPERATURE)
    client.wait(10)
    assert temperature() > 85


# --- Impinj's air ---------------------------------------------------------------------------------


def test_search_modes_drive_the_air() -> None:
    counts = {mode: Counter(epc_of(tag) for tag in read_for_3s(client_of(R420), search(mode))) for mode in (1, 2, 3)}
    on_pad = {mode: [counts[mode][epc] for epc in ON_PAD] for mode in counts}

    assert set(on_pad[3]) == {1}, "TagFocus: once, and quiet then"
    assert max(on_pad[1]) <= 8, "single target: once per persistence of S1"
    assert min(on_pad[2]) > 20, "dual target: again and again"


def test_settings_last_and_the_rospec_changes_them_for_itself() -> None:
    client = client_of(R420)
    settings = antenna(
        0,
        command(
            search(2),
            make("ImpinjLowDutyCycle", LowDutyCycleMode=1, EmptyFieldTimeout=500, FieldPingInterval=200),
            mode=1003,
        ),
    )
    assert code(client.ask("SET_READER_CONFIG", settings, ResetToFactoryDefault=0)) == 0

    shown = config(client, requested=3).body.each("AntennaConfiguration")[3].the("C1G2InventoryCommand")
    assert [child.name for child in shown.children[2:]] == ["ImpinjInventorySearchMode", "ImpinjLowDutyCycle"]
    counts = Counter(epc_of(tag) for tag in read_for_3s(client, search(3)))
    assert {counts[epc] for epc in ON_PAD} == {1}


def test_a_list_of_channels_is_kept_to() -> None:
    fixed = make("ImpinjFixedFrequencyList", FixedFrequencyMode=2, ChannelList=(2, 4))
    tags = read_for_3s(client_of(R420), search(2), fixed, report=report_spec(EnableChannelIndex=1))

    assert {tag.the("ChannelIndex").number("ChannelIndex") for tag in tags} <= {2, 4}


@pytest.mark.parametrize(
    ("scene", "mode", "channels", "field"),
    [
        (FCC, 2, (1, 2), 0),  # who must hop cannot stay
        (None, 2, (5,), 1),
        (None, 2, (), 1),
    ],
)
def test_channels_that_cannot_be_are_refused(
    scene: Scene | None, mode: int, channels: tuple[int, ...], field: int
) -> None:
    fixed = make("ImpinjFixedFrequencyList", FixedFrequencyMode=mode, ChannelList=channels)
    refused = client_of(R420, scene).ask("ADD_ROSPEC", rospec(ai_spec(antenna(0, command(fixed, mode=1000)))))

    assert culprits(refused)[-2:] == [("ParameterError", 1023, 201), ("FieldError", field, 301)]


def test_a_hopping_r420_does_not_tell_the_channel() -> None:
    tags = read_for_3s(client_of(R420, FCC), search(2), report=report_spec(EnableChannelIndex=1, EnableAccessSpecID=1))

    assert {tag.the("ChannelIndex").number("ChannelIndex") for tag in tags} == {0}
    assert {tag.the("AccessSpecID").number("AccessSpecID") for tag in tags} == {0}


def test_ports_without_an_antenna_are_silent() -> None:
    client = client_of(R420)
    running(client, rospec(ai_spec(antenna(0, transmitter()), ports=(3, 4))))

    assert reports(client.wait(500)) == []
    assert client.device.rospec_state == "active"


def test_a_less_sensitive_receiver_hears_less() -> None:
    heard = {}
    for index in (1, 42):
        client = client_of(R420)
        receiver = make("RFReceiver", ReceiverSensitivity=index)
        running(client, rospec(ai_spec(antenna(0, receiver, transmitter()), ports=(1, 2))))
        heard[index] = [tag.the("PeakRSSI").number("PeakRSSI") for tag in reports(client.wait(1000))]

    assert min(heard[1]) < -45 < min(heard[42], default=0), "50 dB above -80 dBm, and some luck at the edge"


# --- what is reported besides ---------------------------------------------------------------------


def impinj_report(**on: int) -> Element:
    children = {
        "tid": make("ImpinjEnableSerializedTID", SerializedTIDMode=on.get("tid", 0)),
        "phase": make("ImpinjEnableRFPhaseAngle", RFPhaseAngleMode=on.get("phase", 0)),
        "rssi": make("ImpinjEnablePeakRSSI", PeakRSSIMode=on.get("rssi", 0)),
        "doppler": make("ImpinjEnableRFDopplerFrequency", RFDopplerFrequencyMode=on.get("doppler", 0)),
        "power": make("ImpinjEnableTxPower", TxPowerReportingMode=on.get("power", 0)),
    }
    plain = report_spec()
    selector = make("ImpinjTagReportContentSelector", *(children[name] for name in children if name in on))
    return replace(plain, children=(*plain.children, selector))


def test_what_impinj_reports_besides_is_what_was_selected() -> None:
    client = client_of(R420)
    tags = read_for_3s(client, search(2), report=impinj_report(tid=1, phase=1, rssi=1, doppler=1, power=1))

    assert {len(tag.children) for tag in tags} == {10}
    for tag in tags:
        tid = tag.the("ImpinjSerializedTID").numbers("TID")
        assert "".join(f"{word:04X}" for word in tid) == client.world.memory(epc_of(tag)).tid
        rssi = tag.the("ImpinjPeakRSSI").number("RSSI")
        assert abs(rssi / 100 - tag.the("PeakRSSI").number("PeakRSSI")) <= 0.5
        assert tag.the("ImpinjRFDopplerFrequency").number("DopplerFrequency") == 0
        assert tag.the("ImpinjTxPower").number("TxPower") == 41
    assert len({tag.the("ImpinjRFPhaseAngle").number("PhaseAngle") for tag in tags}) > 50


def test_what_impinj_does_not_report_was_not_selected() -> None:
    tags = read_for_3s(client_of(R420), search(2), report=impinj_report(tid=0, phase=1))

    names = {child.name for tag in tags for child in tag.children if child.name.startswith("Impinj")}
    assert names == {"ImpinjRFPhaseAngle"}


@pytest.mark.parametrize(
    ("phase_deg", "impinj", "zebra"), [(0.0, 0, 0), (90.0, 1024, 0x4000), (270.0, 3072, -0x4000), (359.99, 0, -2)]
)
def test_each_vendor_counts_a_turn_its_own_way(phase_deg: float, impinj: int, zebra: int) -> None:
    entry = TagEntry("30" * 12, 1, 1, 1, 1, -47.25, 0, 0, phase_deg=phase_deg)
    context = ReportContext(tid_of=lambda _entry: "", power_index_of=lambda _entry: 1)
    of_impinj = R420.extension.tag_addition(impinj_report(phase=1, rssi=1), context)
    of_zebra = FX9600.extension.tag_addition(zebra_report(), context)

    assert of_impinj is not None
    assert of_zebra is not None
    assert struct.unpack(">12xH12xh", of_impinj(entry)) == (impinj, -4725)
    assert struct.unpack(">12xh", of_zebra(entry)) == (zebra,)


# --- Zebra ----------------------------------------------------------------------------------------


def test_an_fx9600_shows_its_capabilities_unasked_each_with_one_byte_of_flags() -> None:
    client = BenchClient(personality=FX9600)
    client.raw.clear()
    names = [child.name for child in capabilities(client).children if child.name.startswith("Moto")]

    assert len(names) == 7
    assert struct.pack(">HHIIIB", 1023, 17, 161, 100, 1, 0) in client.raw[0]


def zebra_report() -> Element:
    flags = dict.fromkeys(("EnableZoneID", "EnableZoneName", "EnableAntennaPhysicalPortConfig"), 0)
    selector = make("MotoTagReportContentSelector", **flags, EnablePhase=1, EnableGPS=0, EnableMLTReport=0)
    plain = report_spec()
    return replace(plain, children=(*plain.children, selector))


def test_an_fx9600_reports_the_phase_where_it_is_selected() -> None:
    client = BenchClient(personality=FX9600)
    running(client, rospec(ai_spec(antenna(0, transmitter(100)), ports=(1, 2)), report=zebra_report()))
    phases = [tag.the("MotoTagPhase").number("Phase") for tag in reports(client.wait(1000))]

    assert min(phases) < -8192 < 8192 < max(phases)


def test_session_0_of_an_fx9600_flips_whatever_was_asked_for() -> None:
    action = make("C1G2TagInventoryStateAwareSingulationAction", I=0, S=1, S_All=0)
    counts = {}
    for personality in (PLAIN, FX9600):
        client = BenchClient(personality=personality)
        control = make("C1G2SingulationControl", action, Session=0, TagPopulation=16, TagTransitTime=0)
        asked = make("C1G2InventoryCommand", control, TagInventoryStateAware=1)
        power = 41 if personality is PLAIN else 100  # 20 dBm
        running(client, rospec(ai_spec(antenna(0, transmitter(power), asked), ports=(1,))))
        counts[personality.name] = len(reports(client.wait(2000)))

    assert counts["zebra-fx9600"] > 5 * counts["plain"]


def test_every_mode_of_every_reader_reads() -> None:
    for personality in PERSONALITIES.values():
        power = max(personality.powers)
        for mode in personality.modes:
            client = BenchClient(personality=personality)
            settings = antenna(0, transmitter(power), command(mode=mode.identifier))
            running(client, rospec(ai_spec(settings, ports=(1, 2))))
            assert reports(client.wait(300)), (personality.name, mode.identifier)
