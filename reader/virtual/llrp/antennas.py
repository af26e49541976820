"""How each antenna is set, held against what the reader can, and what the air is to do with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reader.virtual.air import AntennaDrive, Target
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.extension import is_custom
from reader.virtual.llrp.refusals import bad_field, missing, too_many, unsupported
from reader.virtual.llrp.select import selector_of, selects_of
from reader.virtual.llrp.status import Status

__all__ = ["AntennaSettings", "check_antenna", "drive_of", "factory_settings"]

_TRUNCATE = 2  # C1G2TruncateAction


@dataclass(frozen=True, slots=True)
class AntennaSettings:
    """How one antenna is driven, as elements; each replaced as a whole when it is set."""

    receiver: Element
    transmitter: Element
    state_aware: int
    filters: tuple[Element, ...]
    rf_control: Element
    singulation: Element
    customs: tuple[Element, ...] = ()

    def changed_by(self, wanted: Element) -> AntennaSettings:
        """Return these settings with what an AntennaConfiguration names put in their place."""
        command = wanted.first("C1G2InventoryCommand")
        settings = replace(
            self,
            receiver=wanted.first("RFReceiver") or self.receiver,
            transmitter=wanted.first("RFTransmitter") or self.transmitter,
        )
        if command is None:
            return settings
        customs = {one.name: one for one in (*self.customs, *_customs_of(command))}
        return replace(
            settings,
            state_aware=command.number("TagInventoryStateAware"),
            filters=tuple(command.each("C1G2Filter")),
            rf_control=command.first("C1G2RFControl") or self.rf_control,
            singulation=command.first("C1G2SingulationControl") or self.singulation,
            customs=tuple(customs.values()),
        )

    def element(self, port: int, *, with_customs: bool) -> Element:
        """Return the AntennaConfiguration that says the same."""
        command = make(
            "C1G2InventoryCommand",
            *self.filters,
            self.rf_control,
            self.singulation,
            *(self.customs if with_customs else ()),
            TagInventoryStateAware=self.state_aware,
        )
        return make("AntennaConfiguration", self.receiver, self.transmitter, command, AntennaID=port)


def factory_settings(can: Capabilities) -> AntennaSettings:
    """Return what an antenna is set to before anybody sets it: full power, the model's mode, session 1."""
    return AntennaSettings(
        receiver=make("RFReceiver", ReceiverSensitivity=1),
        transmitter=make(
            "RFTransmitter", HopTableID=1, ChannelIndex=can.who.factory_channel, TransmitPower=max(can.powers)
        ),
        state_aware=0,
        filters=(),
        rf_control=make("C1G2RFControl", ModeIndex=can.who.factory_mode, Tari=0),
        singulation=make("C1G2SingulationControl", Session=1, TagPopulation=32, TagTransitTime=0),
    )


def check_antenna(wanted: Element, can: Capabilities, *around: str) -> None:
    """Hold an AntennaConfiguration against what the reader can.

    Raises:
        RefusedError: An antenna, index, mode or filter that the capabilities do not list.
    """
    here = (*around, "AntennaConfiguration")
    if wanted.number("AntennaID") > can.antennas:
        raise bad_field(wanted, "AntennaID", f"there are {can.antennas} antennas", *around)
    receiver = wanted.first("RFReceiver")
    entries = len(can.who.sensitivities)
    if receiver is not None and not 1 <= receiver.number("ReceiverSensitivity") <= entries:
        raise bad_field(receiver, "ReceiverSensitivity", f"the table has indices 1 to {entries}", *here)
    transmitter = wanted.first("RFTransmitter")
    if transmitter is not None:
        _check_transmitter(transmitter, can, here)
    commands = wanted.each("C1G2InventoryCommand")
    if len(commands) > 1:
        raise too_many("C1G2InventoryCommand", "one air protocol, one C1G2InventoryCommand", *here)
    for command in commands:
        _check_command(command, can, here)


def drive_of(port: int, settings: AntennaSettings, can: Capabilities, power_offset_db: float = 0.0) -> AntennaDrive:
    """Return what the air is to do for one antenna that is set so."""
    listed = can.mode(settings.rf_control.number("ModeIndex"))
    assert listed is not None, "checked when it was set"
    # A receiver made less sensitive hears nothing below its floor, whatever the mode could decode.
    floor_dbm = (
        can.who.best_sensitivity_dbm + can.who.sensitivities[settings.receiver.number("ReceiverSensitivity") - 1]
    )
    mode = listed.air
    drive = AntennaDrive(
        port=port,
        tx_power_dbm=can.powers[settings.transmitter.number("TransmitPower")] / 100 + power_offset_db,
        mode=replace(mode, sensitivity_dbm=max(mode.sensitivity_dbm, float(floor_dbm))),
        session=settings.singulation.number("Session"),
        population=max(1, settings.singulation.number("TagPopulation")),
    )
    asking = _asking_by_flags if settings.state_aware else _asking_plainly
    return can.who.extension.driven(asking(drive, settings), settings.customs)


def _asking_plainly(drive: AntennaDrive, settings: AntennaSettings) -> AntennaDrive:
    """Leave the flags to the reader: it asks tags again and again, those that the filters let pass."""
    return replace(drive, target=Target.DUAL, selects=selector_of(settings.filters))


def _asking_by_flags(drive: AntennaDrive, settings: AntennaSettings) -> AntennaDrive:
    """Let the filters set tags' flags, and ask those whose flags are wanted; without an action, all of them."""
    drive = replace(drive, target=Target.DUAL, commands=selects_of(settings.filters))
    action = settings.singulation.first("C1G2TagInventoryStateAwareSingulationAction")
    if action is None:
        return drive
    target = Target.B if action.number("I") else Target.A
    asks_sl = None if action.number("S_All") else not action.number("S")
    return replace(drive, target=target, asks_sl=asks_sl)


def _customs_of(command: Element) -> list[Element]:
    return [child for child in command.children if is_custom(child)]


def _check_transmitter(transmitter: Element, can: Capabilities, here: tuple[str, ...]) -> None:
    if transmitter.number("TransmitPower") not in can.powers:
        indices = f"the table has indices {min(can.powers)} to {max(can.powers)}"
        raise bad_field(transmitter, "TransmitPower", indices, *here)
    if transmitter.number("HopTableID") > 1:
        raise bad_field(transmitter, "HopTableID", "there is one table", *here)
    if transmitter.number("ChannelIndex") > len(can.plan.khz):
        raise bad_field(transmitter, "ChannelIndex", f"there are {len(can.plan.khz)} channels", *here)


def _check_command(command: Element, can: Capabilities, around: tuple[str, ...]) -> None:
    here = (*around, "C1G2InventoryCommand")
    if command.number("TagInventoryStateAware") and not can.who.state_aware:
        raise bad_field(command, "TagInventoryStateAware", "not with this reader", *around, code=Status.A_INVALID)
    filters = command.each("C1G2Filter")
    if len(filters) > can.who.max_filters:
        raise too_many("C1G2Filter", f"at most {can.who.max_filters} filters", *here)
    for one in filters:
        _check_filter(one, can, here)
        _check_action(one, bool(command.number("TagInventoryStateAware")), can, (*here, "C1G2Filter"))
    control = command.first("C1G2RFControl")
    if control is not None:
        mode = can.mode(control.number("ModeIndex"))
        if mode is None:
            raise bad_field(control, "ModeIndex", "no mode has this identifier", *here)
        if control.number("Tari") not in (0, mode.tari_ns):
            raise bad_field(control, "Tari", f"this mode has {mode.tari_ns} ns", *here)
    can.who.extension.check_command(_customs_of(command), can.plan, here)


def _check_filter(one: Element, can: Capabilities, here: tuple[str, ...]) -> None:
    if one.number("T") == _TRUNCATE and not can.who.truncates:
        raise bad_field(one, "T", "EPCs come whole", *here, code=Status.A_INVALID)
    mask = one.the("C1G2TagInventoryMask")
    if not mask.number("MB"):
        raise bad_field(mask, "MB", "passwords cannot be filtered by", *here, "C1G2Filter")


def _check_action(one: Element, is_aware: bool, can: Capabilities, here: tuple[str, ...]) -> None:
    """Hold a filter's action against how tags are asked: by their flags, or as the reader likes."""
    by_flags = "C1G2TagInventoryStateAwareFilterAction"
    if one.first(by_flags) is None:
        if is_aware:
            raise missing(by_flags, "says what a filter does to tags' flags", *here)
    elif not can.who.state_aware:
        raise unsupported(by_flags, "this reader keeps tags' flags to itself", *here)
    elif not is_aware and one.first("C1G2TagInventoryStateUnawareFilterAction") is None:
        raise unsupported(by_flags, "only where TagInventoryStateAware is set", *here)
