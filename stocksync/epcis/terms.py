"""The words of GS1's Core Business Vocabulary 2.0, and the one spelling that we keep.

A partner may write a term bare (`retail_selling`), as a CURIE (`cbv:BizStep-retail_selling`) or as a web URI
(`https://ref.gs1.org/cbv/BizStep-retail_selling`). We write and keep it bare.

Source: CBV 2.0 as published in its ontology and JSON-LD context (gs1/EPCIS at 2b888be); GS1 Web Vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ALERT_TYPES",
    "BIZ_STEPS",
    "BIZ_TRANSACTION_TYPES",
    "COMPONENTS",
    "DISPOSITIONS",
    "ERROR_REASONS",
    "MEASUREMENT_TYPES",
    "SOURCE_DESTINATION_TYPES",
    "Vocabulary",
    "bare_term",
]

_WEB = "https://ref.gs1.org/cbv/"
_CURIE = "cbv:"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One list of CBV words, and the prefix that their CURIEs and web URIs carry."""

    prefix: str
    words: frozenset[str]

    def spellings(self) -> list[str]:
        """Return every word in every spelling, in a fixed order."""
        words = sorted(self.words)
        return [f"{head}{word}" for head in ("", _CURIE + self.prefix, _WEB + self.prefix) for word in words]


def _words_with(prefix: str, words: str) -> Vocabulary:
    return Vocabulary(prefix, frozenset(words.split()))


BIZ_STEPS = _words_with(
    "BizStep-",
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
    "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
    "installing killing loading other packing picking receiving removing repackaging repairing replacing reserving "
    "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping",
)
DISPOSITIONS = _words_with(
    "Disp-",
    "active available completeness_inferred completeness_verified conformant container_closed container_open "
    "damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class "
    "mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other "
    "partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen "
    "unavailable unknown",
)
BIZ_TRANSACTION_TYPES = _words_with(
    "BTT-",
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt",
)
SOURCE_DESTINATION_TYPES = _words_with(
    "SDT-",
    "location owning_party possessing_party",
)
ERROR_REASONS = _words_with(
    "ER-",
    "did_not_occur incorrect_data",
)
COMPONENTS = _words_with(
    "Comp-",
    "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude "
    "longitude altitude",
)

# GS1 Web Vocabulary, classes MeasurementType and SensorAlertType.
_MEASUREMENTS = (
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance "
    "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance "
    "Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity "
    "ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency "
    "Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux "
    "LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration "
    "MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure "
    "RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume "
    "Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction "
    "VolumetricFlux Wavenumber"
)
MEASUREMENT_TYPES = frozenset(_MEASUREMENTS.split())
ALERT_TYPES = frozenset(("ALARM_CONDITION", "ERROR_CONDITION"))


def bare_term(vocabulary: Vocabulary, text: str) -> str:
    """Return ``text`` as a bare word where it spells a word of ``vocabulary``, else unchanged (a URI of one's own)."""
    for head in (_CURIE + vocabulary.prefix, _WEB + vocabulary.prefix):
        if text.startswith(head) and text[len(head) :] in vocabulary.words:
            return text[len(head) :]
    return text
