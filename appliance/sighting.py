"""What an unknown reader says of itself, whatever it speaks: asked without setting or transmitting anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reader.profile import known_model
from reader.profile.drafting import Sighting

if TYPE_CHECKING:
    from reader.llrp.survey import Survey

__all__ = ["Seen", "seen_at"]

_STANDARDS = {0: "not said", 1: "FCC part 15", 2: "ETSI EN 302 208", 6: "Japan ARIB STD-T89"}
_VERSIONS = {1: "1.0.1", 2: "1.1"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is needed for a first profile, and everything that was said, in words."""

    sighting: Sighting
    words: Mapping[str, Any]


def seen_at(address: str, timeout_s: float) -> Seen:
    """Ask what is at ``address``: a serial module at a device, socket:// or rfc2217://, else a reader that speaks LLRP.

    Raises:
        ReaderError: Nobody answers, somebody else has it, or what answers speaks nothing that is known here.
    """
    if "/" in address:
        return _serial(address)
    return _llrp(address, timeout_s)


def _llrp(address: str, timeout_s: float) -> Seen:
    from reader.llrp.makers import maker_in_words  # only who asks for it pays for LLRP
    from reader.llrp.survey import surveyed

    survey = surveyed(address, timeout_s)
    can = survey.capabilities
    device = f"{maker_in_words(can.manufacturer)}, model {can.model_id}"
    sighting = Sighting(
        driver="llrp",
        address=address,
        device=device,
        firmware=can.firmware,
        manufacturer=can.manufacturer,
        model_id=can.model_id,
        protocol_version=survey.greatest_version,
        antenna_ports=can.antennas,
        powers_dbm=sorted(can.power_dbm.values()),
        channels_mhz=sorted(can.channels_mhz.values()),
        communications_standard=can.communications_standard,
        millers={mode.identifier: mode.miller for mode in can.modes.values()},
    )
    return Seen(sighting, _llrp_words(address, device, survey))


def _version(number: int) -> str:
    return _VERSIONS.get(number, f"version {number}, later than 1.1")


def _llrp_words(address: str, device: str, survey: Survey) -> dict[str, Any]:
    can = survey.capabilities
    powers = sorted(can.power_dbm.values())
    return {
        "address": address,
        "protocol": f"LLRP {_version(survey.current_version)}, at most {_version(survey.greatest_version)}",
        "device": device,
        "firmware": can.firmware,
        "antennas": can.antennas,
        "antennas_gone": sorted(survey.antennas_gone),
        "inputs": can.inputs,
        "outputs": can.outputs,
        "standard": _STANDARDS.get(
            can.communications_standard, f"communications standard {can.communications_standard}"
        ),
        "country": can.country or None,
        "tx_power_dbm": {"least": powers[0], "greatest": powers[-1], "steps": len(powers)} if powers else None,
        "hops": can.is_hopping,
        "channels_mhz": sorted(can.channels_mhz.values()),
        "modes": [
            {
                "mode": mode.identifier,
                "coding": {0: "not said", 1: "FM0"}.get(mode.miller, f"Miller {mode.miller}"),
                "rate_khz": mode.bdr_hz / 1000,
                "tari_us": mode.tari_ns[0] / 1000,
                "mask": mode.spectral_mask,
            }
            for mode in sorted(can.modes.values(), key=lambda mode: mode.identifier)
        ],
        "limits": {
            "rospecs": can.max_rospecs,
            "access_specs": can.max_access_specs,
            "operations": can.max_operations,
            "filters": can.max_filters,
        },
        "utc_clock": can.has_utc_clock,
    }


def _serial(address: str) -> Seen:
    from reader.serial.survey import surveyed  # only who asks for it pays for pyserial

    survey = surveyed(address)
    model = _serial_model(survey.driver, survey.said)
    device, firmware = _serial_words(survey.driver, survey.said)
    sighting = Sighting(
        driver=survey.driver, address=address, device=device, firmware=firmware, model=model, antenna_ports=0
    )
    words = {
        "address": address,
        "protocol": survey.family,
        "baud": survey.baud,
        "device": device,
        "firmware": firmware or None,
        "said": dict(survey.said),
    }
    return Seen(sighting, words)


def _serial_words(driver: str, said: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a module says that it is, and its firmware, in words."""
    if driver == "mercury":
        hardware, firmware = str(said.get("hardware", "")), str(said.get("firmware", ""))
        model = known_model(driver, None, int(hardware[:2], 16)) if hardware else None
        device = model.device if model is not None else "Mercury module"
        dotted = ".".join(str(byte) for byte in bytes.fromhex(firmware))
        return f"{device}, hardware {hardware}" if hardware else device, dotted
    if driver == "m100":
        return str(said.get("text", "")) or "M100 module", ""
    if "major" not in said:
        return "A0 board", ""
    return f"A0 board at bus address {said['address']}", f"{said['major']}.{said['minor']}"


def _serial_model(driver: str, said: Mapping[str, Any]) -> str:
    """Return the shipped model that a module of a family is likeliest to be."""
    if driver == "mercury":
        hardware = str(said.get("hardware", ""))[:2]
        model = known_model(driver, None, int(hardware, 16)) if hardware else None
        return model.name if model is not None else "jadak-m6e"
    if driver == "m100":
        # "M100 26dBm V1.0": what the amplifier makes of the chip's scale. Where it does not say, the greater one is
        # meant, which sends too little on a board without, never too much on a board with.
        return "m100" if "20dbm" in str(said.get("text", "")).lower().replace(" ", "") else "m100-26dbm"
    return driver
