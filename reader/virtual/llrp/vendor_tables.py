"""Custom parameters of vendors, in the notation of `tables`; left of the bar stand the vendor, the subtype, the name.

All of them are TLV 1023 with the vendor's enterprise number and the subtype in front of what stands here. They may
stand wherever the standard has a place for Custom; where each one really may is the vendor's to say
(`Extension.places`).

Source: Impinj's (25882) published LTK definitions for Octane, and recordings of an R420 5.14; Zebra's (161) widths as
they were recorded from an FX9600 3.32.37: the interface guide's reserved bits are wrong for most of them.
"""

from __future__ import annotations

__all__ = ["VENDOR_PARAMETERS"]

VENDOR_PARAMETERS = """
25882.21 ImpinjRequestedData | RequestedData:u32
25882.22 ImpinjSubRegulatoryRegion | RegulatoryRegion:u16
25882.23 ImpinjInventorySearchMode | InventorySearchMode:u16≤6
25882.26 ImpinjFixedFrequencyList | FixedFrequencyMode:u16≤2 ~16 ChannelList:u16[]
25882.27 ImpinjReducedPowerFrequencyList | ReducedPowerMode:u16≤1 ~16 ChannelList:u16[]
25882.28 ImpinjLowDutyCycle | LowDutyCycleMode:u16≤1 EmptyFieldTimeout:u16 FieldPingInterval:u16
25882.29 ImpinjDetailedVersion | ModelName:str SerialNumber:str SoftwareVersion:str FirmwareVersion:str
  FPGAVersion:str PCBAVersion:str
25882.36 ImpinjGPIDebounceConfiguration | GPIPortNum:u16 GPIDebounceTimerMSec:u32
25882.37 ImpinjReaderTemperature | Temperature:s16
25882.38 ImpinjLinkMonitorConfiguration | LinkMonitorMode:u16≤1 LinkDownThreshold:u16
25882.39 ImpinjReportBufferConfiguration | ReportBufferMode:u16≤1
25882.50 ImpinjTagReportContentSelector | ImpinjEnableSerializedTID? ImpinjEnableRFPhaseAngle? ImpinjEnablePeakRSSI?
  ImpinjEnableRFDopplerFrequency? ImpinjEnableTxPower? Custom*
25882.51 ImpinjEnableSerializedTID | SerializedTIDMode:u16≤1
25882.52 ImpinjEnableRFPhaseAngle | RFPhaseAngleMode:u16≤1
25882.53 ImpinjEnablePeakRSSI | PeakRSSIMode:u16≤1
25882.55 ImpinjSerializedTID | TID:u16[]
25882.56 ImpinjRFPhaseAngle | PhaseAngle:u16≤4095
25882.57 ImpinjPeakRSSI | RSSI:s16
25882.64 ImpinjAdvancedGPOConfiguration | GPOPortNum:u16 GPOMode:u16≤3 GPOPulseDurationMSec:u32
25882.67 ImpinjEnableRFDopplerFrequency | RFDopplerFrequencyMode:u16≤1
25882.68 ImpinjRFDopplerFrequency | DopplerFrequency:s16
25882.72 ImpinjEnableTxPower | TxPowerReportingMode:u16≤1
25882.73 ImpinjTxPower | TxPower:u16
161.1 MotoGeneralCapabilities | Version:u32 Flags:u8
161.100 MotoAutonomousCapabilities | Version:u32 Flags:u8
161.110 MotoAdvancedCapabilities | Version:u32 Flags:u8
161.120 MotoTagEventsGenerationCapabilities | Version:u32 Flags:u8
161.200 MotoFilterCapabilities | Version:u32 Flags:u8
161.300 MotoPersistenceCapabilities | Version:u32 Flags:u8
161.400 MotoC1G2LLRPCapabilities | Version:u32 Flags:u8
161.708 MotoTagReportContentSelector | EnableZoneID:u1 EnableZoneName:u1 EnableAntennaPhysicalPortConfig:u1
  EnablePhase:u1 EnableGPS:u1 EnableMLTReport:u1 ~26
161.709 MotoTagPhase | Phase:s16
"""
