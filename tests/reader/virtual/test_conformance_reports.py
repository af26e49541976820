"""The EPCglobal conformance cases for readers, as far as this one goes: what reports hold, and how faults show in them.

Numbers are those of "LLRP Conformance Requirements" 1.1 (2010); requests with faults in them are raw bytes.
"""

from __future__ import annotations

from reader.virtual.faults import Fault, Faults
from tests.reader.virtual.llrp_bench import (
    ON_PAD,
    BenchClient,
    ai_spec,
    antenna,
    code,
    epc_of,
    frame,
    report_spec,
    reports,
    rospec,
    running,
    spoken,
    tlv,
    transmitter,
)

# --- reports and events while nobody listens ------------------------------------------------------


def test_held_reports_wait_until_they_are_enabled() -> None:
    client = BenchClient()
    client.send(frame(3, b"\0" + tlv(226, b"\x80")))
    running(client)
    client.wait(100)
    client.device.disconnect()
    client.wait(300)
    client.device.connect(client.now_us)

    assert spoken(client.heard()) == ["ConnectionAttemptEvent"]
    assert client.wait(100) == []
    assert len(reports(client.send(frame(64)))) > 20


def test_what_was_lost_while_nobody_listened_is_said() -> None:
    client = BenchClient()
    running(client)
    client.device.disconnect()
    client.wait(6000)
    client.device.connect(client.now_us)

    said = spoken(client.heard())

    assert (said[0], said[-1]) == ("ConnectionAttemptEvent", "ReportBufferOverflowErrorEvent")
    assert said.count("report") == 500


# --- reports hold what is selected ----------------------------------------------------------------


def test_content_is_exactly_what_is_selected() -> None:
    client = BenchClient()
    names = ("ROSpecID", "SpecIndex", "InventoryParameterSpecID", "ChannelIndex", "FirstSeenTimestamp", "AccessSpecID")
    running(client, rospec(report=report_spec(1, 1, **{f"Enable{name}": 1 for name in names})))

    tag = reports(client.wait(500))[0]

    assert [child.name for child in tag.children] == [
        "EPC_96",
        "ROSpecID",
        "SpecIndex",
        "InventoryParameterSpecID",
        "AntennaID",
        "PeakRSSI",
        "ChannelIndex",
        "FirstSeenTimestampUTC",
        "LastSeenTimestampUTC",
        "TagSeenCount",
        "AccessSpecID",
    ]


def test_an_epc_of_another_length_goes_as_epc_data() -> None:
    client = BenchClient()
    long = "36" + "AB" * 25
    client.world.remove([tag.epc for tag in client.world.tags()])
    client.world.place([long], "pad")
    running(client)

    tag = reports(client.wait(1000))[0]

    assert tag.children[0].name == "EPCData"
    assert epc_of(tag) == long


# --- physics and faults through the protocol ------------------------------------------------------


def test_the_power_that_is_set_changes_what_is_read() -> None:
    def seen(power: int) -> set[str]:
        client = BenchClient()
        running(client, rospec(ai_spec(antenna(0, transmitter(power)))))
        return {epc_of(tag) for tag in reports(client.wait(5000))}

    low, middle, high = seen(1), seen(41), seen(81)

    assert ON_PAD <= middle <= high
    assert low < high
    assert len(high - ON_PAD) >= 3, "strays come in at full power"


def test_an_antenna_that_is_gone_reads_nothing_and_says_so() -> None:
    client = BenchClient()
    client.events_on(8)
    running(client)
    client.faults.switch_on(Fault.ANTENNA_GONE)
    gone = client.wait(500)
    client.faults.switch_off(Fault.ANTENNA_GONE)
    back = client.wait(500)

    assert "AntennaEvent 0" in spoken(gone)
    assert {tag.the("AntennaID").number("AntennaID") for tag in reports(gone)} == {1}
    assert "AntennaEvent 1" in spoken(back)
    assert {tag.the("AntennaID").number("AntennaID") for tag in reports(back)} == {1, 2}


def test_a_false_power_is_read_back_as_it_is_kept() -> None:
    client = BenchClient(faults=Faults([Fault.POWER_NOT_TAKEN]))

    assert code(client.ask("ADD_ROSPEC", rospec())) == 0

    (shown,) = client.ask("GET_ROSPECS").body.each("ROSpec")
    kept = shown.the("AISpec").the("InventoryParameterSpec").the("AntennaConfiguration").the("RFTransmitter")
    assert kept.number("TransmitPower") == 81


def test_a_refused_add_leaves_nothing_behind() -> None:
    client = BenchClient(faults=Faults([Fault.REFUSED_ADD]))

    assert code(client.ask("ADD_ROSPEC", rospec())) == 100
    assert client.ask("GET_ROSPECS").body.each("ROSpec") == []


def test_a_slow_reader_answers_late_but_in_order() -> None:
    client = BenchClient(faults=Faults([Fault.SLOW]))
    assert client.send(frame(26, id=1)) == []
    client.now_us += 100 * 1000
    client.faults.switch_off(Fault.SLOW)
    assert client.send(frame(26, id=2)) == []

    assert client.wait(1300) == []
    assert [one.id for one in client.wait(200)] == [1, 2]


def test_a_jumped_clock_is_an_hour_ahead() -> None:
    client = BenchClient(faults=Faults([Fault.CLOCK_JUMP]))
    said = client.greeting[0].body.the("ReaderEventNotificationData")

    assert said.the("UTCTimestamp").number("Microseconds") == 10**15 + 3_600_000_000


def test_a_false_power_table_shows_less_than_is_radiated() -> None:
    client = BenchClient(faults=Faults([Fault.WRONG_POWER_TABLE]))
    band = client.ask("GET_READER_CAPABILITIES", RequestedData=3).body.children[1].the("UHFBandCapabilities")

    assert band.each("TransmitPowerLevelTableEntry")[-1].number("TransmitPowerValue") == 2000
