"""LLRP 1.1 as tables: what each message and parameter holds, in the order of the wire.

One line per message or parameter (a line that begins with a space goes on with the one before): type, name, then

    Name:u1 …:u96   unsigned field of that many bits     Name:s8, Name:s16   signed field
    ~n              n reserved bits                      Name:u16[]          u16 count, then items
    Name:u1[]       u16 count of bits, then the bits     Name:str            u16 count of bytes, then UTF-8
    Name:rest       bytes to the end
    <X>             parameter, then ? optional, * any number, + at least one

Fields come first, then parameters. Source: EPCglobal LLRP 1.1, sections 16 and 17; types 46, 47, 56 and 57 and
parameters 19, 20 and 355 to 365 are not in 1.0.1. LoopSpec is 355 and GPITriggerValue 181, as the standard has
them; a widely copied XML definition says otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["MESSAGES", "PARAMETERS", "TV_SIZES", "Field", "Layout"]

_MESSAGES: Final = """
1 GET_READER_CAPABILITIES RequestedData:u8 <Custom>*
2 GET_READER_CONFIG AntennaID:u16 RequestedData:u8 GPIPortNum:u16 GPOPortNum:u16 <Custom>*
3 SET_READER_CONFIG
    ResetToFactoryDefault:u1 ~7 <ReaderEventNotificationSpec>? <AntennaProperties>* <AntennaConfiguration>*
    <ROReportSpec>? <AccessReportSpec>? <KeepaliveSpec>? <GPOWriteData>* <GPIPortCurrentState>*
    <EventsAndReports>? <Custom>*
4 CLOSE_CONNECTION_RESPONSE <LLRPStatus>
11 GET_READER_CAPABILITIES_RESPONSE
    <LLRPStatus> <GeneralDeviceCapabilities>? <LLRPCapabilities>? <RegulatoryCapabilities>?
    <C1G2LLRPCapabilities>? <Custom>*
12 GET_READER_CONFIG_RESPONSE
    <LLRPStatus> <Identification>? <AntennaProperties>* <AntennaConfiguration>* <ReaderEventNotificationSpec>?
    <ROReportSpec>? <AccessReportSpec>? <LLRPConfigurationStateValue>? <KeepaliveSpec>? <GPIPortCurrentState>*
    <GPOWriteData>* <EventsAndReports>? <Custom>*
13 SET_READER_CONFIG_RESPONSE <LLRPStatus>
14 CLOSE_CONNECTION
20 ADD_ROSPEC <ROSpec>
21 DELETE_ROSPEC ROSpecID:u32
22 START_ROSPEC ROSpecID:u32
23 STOP_ROSPEC ROSpecID:u32
24 ENABLE_ROSPEC ROSpecID:u32
25 DISABLE_ROSPEC ROSpecID:u32
26 GET_ROSPECS
30 ADD_ROSPEC_RESPONSE <LLRPStatus>
31 DELETE_ROSPEC_RESPONSE <LLRPStatus>
32 START_ROSPEC_RESPONSE <LLRPStatus>
33 STOP_ROSPEC_RESPONSE <LLRPStatus>
34 ENABLE_ROSPEC_RESPONSE <LLRPStatus>
35 DISABLE_ROSPEC_RESPONSE <LLRPStatus>
36 GET_ROSPECS_RESPONSE <LLRPStatus> <ROSpec>*
40 ADD_ACCESSSPEC <AccessSpec>
41 DELETE_ACCESSSPEC AccessSpecID:u32
42 ENABLE_ACCESSSPEC AccessSpecID:u32
43 DISABLE_ACCESSSPEC AccessSpecID:u32
44 GET_ACCESSSPECS
45 CLIENT_REQUEST_OP <TagReportData>
46 GET_SUPPORTED_VERSION
47 SET_PROTOCOL_VERSION ProtocolVersion:u8
50 ADD_ACCESSSPEC_RESPONSE <LLRPStatus>
51 DELETE_ACCESSSPEC_RESPONSE <LLRPStatus>
52 ENABLE_ACCESSSPEC_RESPONSE <LLRPStatus>
53 DISABLE_ACCESSSPEC_RESPONSE <LLRPStatus>
54 GET_ACCESSSPECS_RESPONSE <LLRPStatus> <AccessSpec>*
55 CLIENT_REQUEST_OP_RESPONSE <ClientRequestResponse>
56 GET_SUPPORTED_VERSION_RESPONSE CurrentVersion:u8 SupportedVersion:u8 <LLRPStatus>
57 SET_PROTOCOL_VERSION_RESPONSE <LLRPStatus>
60 GET_REPORT
61 RO_ACCESS_REPORT <TagReportData>* <RFSurveyReportData>* <Custom>*
62 KEEPALIVE
63 READER_EVENT_NOTIFICATION <ReaderEventNotificationData>
64 ENABLE_EVENTS_AND_REPORTS
72 KEEPALIVE_ACK
100 ERROR_MESSAGE <LLRPStatus>
1023 CUSTOM_MESSAGE VendorIdentifier:u32 MessageSubtype:u8 Data:rest
"""

# Types below 128 are TV: one byte of type, no length, no children.
_PARAMETERS: Final = """
1 AntennaID AntennaID:u16
2 FirstSeenTimestampUTC Microseconds:u64
3 FirstSeenTimestampUptime Microseconds:u64
4 LastSeenTimestampUTC Microseconds:u64
5 LastSeenTimestampUptime Microseconds:u64
6 PeakRSSI PeakRSSI:s8
7 ChannelIndex ChannelIndex:u16
8 TagSeenCount TagCount:u16
9 ROSpecID ROSpecID:u32
10 InventoryParameterSpecID InventoryParameterSpecID:u16
11 C1G2_CRC CRC:u16
12 C1G2_PC PC_Bits:u16
13 EPC_96 EPC:u96
14 SpecIndex SpecIndex:u16
15 ClientRequestOpSpecResult OpSpecID:u16
16 AccessSpecID AccessSpecID:u32
17 OpSpecID OpSpecID:u16
18 C1G2SingulationDetails NumCollisionSlots:u16 NumEmptySlots:u16
19 C1G2_XPCW1 XPC_W1:u16
20 C1G2_XPCW2 XPC_W2:u16
128 UTCTimestamp Microseconds:u64
129 Uptime Microseconds:u64
137 GeneralDeviceCapabilities
    MaxNumberOfAntennaSupported:u16 CanSetAntennaProperties:u1 HasUTCClockCapability:u1 ~14
    DeviceManufacturerName:u32 ModelName:u32 ReaderFirmwareVersion:str <ReceiveSensitivityTableEntry>+
    <PerAntennaReceiveSensitivityRange>* <GPIOCapabilities> <PerAntennaAirProtocol>+
    <MaximumReceiveSensitivity>?
139 ReceiveSensitivityTableEntry Index:u16 ReceiveSensitivityValue:s16
140 PerAntennaAirProtocol AntennaID:u16 ProtocolID:u8[]
141 GPIOCapabilities NumGPIs:u16 NumGPOs:u16
142 LLRPCapabilities
    CanDoRFSurvey:u1 CanReportBufferFillWarning:u1 SupportsClientRequestOpSpec:u1
    CanDoTagInventoryStateAwareSingulation:u1 SupportsEventAndReportHolding:u1 ~3
    MaxNumPriorityLevelsSupported:u8 ClientRequestOpSpecTimeout:u16 MaxNumROSpecs:u32 MaxNumSpecsPerROSpec:u32
    MaxNumInventoryParameterSpecsPerAISpec:u32 MaxNumAccessSpecs:u32 MaxNumOpSpecsPerAccessSpec:u32
143 RegulatoryCapabilities CountryCode:u16 CommunicationsStandard:u16 <UHFBandCapabilities>? <Custom>*
144 UHFBandCapabilities
    <TransmitPowerLevelTableEntry>+ <FrequencyInformation> <C1G2UHFRFModeTable>+
    <RFSurveyFrequencyCapabilities>?
145 TransmitPowerLevelTableEntry Index:u16 TransmitPowerValue:s16
146 FrequencyInformation Hopping:u1 ~7 <FrequencyHopTable>* <FixedFrequencyTable>?
147 FrequencyHopTable HopTableID:u8 ~8 Frequency:u32[]
148 FixedFrequencyTable Frequency:u32[]
149 PerAntennaReceiveSensitivityRange AntennaID:u16 ReceiveSensitivityIndexMin:u16 ReceiveSensitivityIndexMax:u16
177 ROSpec ROSpecID:u32 Priority:u8 CurrentState:u8 <ROBoundarySpec> <Spec>+ <ROReportSpec>?
178 ROBoundarySpec <ROSpecStartTrigger> <ROSpecStopTrigger>
179 ROSpecStartTrigger ROSpecStartTriggerType:u8 <PeriodicTriggerValue>? <GPITriggerValue>?
180 PeriodicTriggerValue Offset:u32 Period:u32 <UTCTimestamp>?
181 GPITriggerValue GPIPortNum:u16 GPIEvent:u1 ~7 Timeout:u32
182 ROSpecStopTrigger ROSpecStopTriggerType:u8 DurationTriggerValue:u32 <GPITriggerValue>?
183 AISpec AntennaIDs:u16[] <AISpecStopTrigger> <InventoryParameterSpec>+ <Custom>*
184 AISpecStopTrigger AISpecStopTriggerType:u8 DurationTrigger:u32 <GPITriggerValue>? <TagObservationTrigger>?
185 TagObservationTrigger TriggerType:u8 ~8 NumberOfTags:u16 NumberOfAttempts:u16 T:u16 Timeout:u32
186 InventoryParameterSpec InventoryParameterSpecID:u16 ProtocolID:u8 <AntennaConfiguration>* <Custom>*
187 RFSurveySpec AntennaID:u16 StartFrequency:u32 EndFrequency:u32 <RFSurveySpecStopTrigger> <Custom>*
188 RFSurveySpecStopTrigger StopTriggerType:u8 DurationPeriod:u32 N:u32
207 AccessSpec
    AccessSpecID:u32 AntennaID:u16 ProtocolID:u8 CurrentState:u1 ~7 ROSpecID:u32 <AccessSpecStopTrigger>
    <AccessCommand> <AccessReportSpec>? <Custom>*
208 AccessSpecStopTrigger AccessSpecStopTrigger:u8 OperationCountValue:u16
209 AccessCommand <C1G2TagSpec> <OpSpec>+ <Custom>*
210 ClientRequestOpSpec OpSpecID:u16
211 ClientRequestResponse AccessSpecID:u32 <EPC> <C1G2OpSpec>*
217 LLRPConfigurationStateValue LLRPConfigurationStateValue:u32
218 Identification IDType:u8 ReaderID:u8[]
219 GPOWriteData GPOPortNumber:u16 GPOData:u1 ~7
220 KeepaliveSpec KeepaliveTriggerType:u8 PeriodicTriggerValue:u32
221 AntennaProperties AntennaConnected:u1 ~7 AntennaID:u16 AntennaGain:s16
222 AntennaConfiguration AntennaID:u16 <RFReceiver>? <RFTransmitter>? <C1G2InventoryCommand>* <Custom>*
223 RFReceiver ReceiverSensitivity:u16
224 RFTransmitter HopTableID:u16 ChannelIndex:u16 TransmitPower:u16
225 GPIPortCurrentState GPIPortNum:u16 Config:u1 ~7 State:u8
226 EventsAndReports HoldEventsAndReportsUponReconnect:u1 ~7
237 ROReportSpec ROReportTrigger:u8 N:u16 <TagReportContentSelector> <Custom>*
238 TagReportContentSelector
    EnableROSpecID:u1 EnableSpecIndex:u1 EnableInventoryParameterSpecID:u1 EnableAntennaID:u1
    EnableChannelIndex:u1 EnablePeakRSSI:u1 EnableFirstSeenTimestamp:u1 EnableLastSeenTimestamp:u1
    EnableTagSeenCount:u1 EnableAccessSpecID:u1 ~6 <C1G2EPCMemorySelector>*
239 AccessReportSpec AccessReportTrigger:u8
240 TagReportData
    <EPC> <ROSpecID>? <SpecIndex>? <InventoryParameterSpecID>? <AntennaID>? <PeakRSSI>? <ChannelIndex>?
    <FirstSeenTimestampUTC>? <FirstSeenTimestampUptime>? <LastSeenTimestampUTC>? <LastSeenTimestampUptime>?
    <TagSeenCount>? <TagData>* <AccessSpecID>? <OpSpecResult>* <Custom>*
241 EPCData EPC:u1[]
242 RFSurveyReportData <ROSpecID>? <SpecIndex>? <FrequencyRSSILevelEntry>+ <Custom>*
243 FrequencyRSSILevelEntry Frequency:u32 Bandwidth:u32 AverageRSSI:s8 PeakRSSI:s8 <Timestamp>
244 ReaderEventNotificationSpec <EventNotificationState>+
245 EventNotificationState EventType:u16 NotificationState:u1 ~7
246 ReaderEventNotificationData
    <Timestamp> <HoppingEvent>? <GPIEvent>? <ROSpecEvent>? <ReportBufferLevelWarningEvent>?
    <ReportBufferOverflowErrorEvent>? <ReaderExceptionEvent>? <RFSurveyEvent>? <AISpecEvent>? <AntennaEvent>?
    <ConnectionAttemptEvent>? <ConnectionCloseEvent>? <SpecLoopEvent>? <Custom>*
247 HoppingEvent HopTableID:u16 NextChannelIndex:u16
248 GPIEvent GPIPortNumber:u16 GPIEvent:u1 ~7
249 ROSpecEvent EventType:u8 ROSpecID:u32 PreemptingROSpecID:u32
250 ReportBufferLevelWarningEvent ReportBufferPercentageFull:u8
251 ReportBufferOverflowErrorEvent
252 ReaderExceptionEvent
    Message:str <ROSpecID>? <SpecIndex>? <InventoryParameterSpecID>? <AntennaID>? <AccessSpecID>? <OpSpecID>?
    <Custom>*
253 RFSurveyEvent EventType:u8 ROSpecID:u32 SpecIndex:u16
254 AISpecEvent EventType:u8 ROSpecID:u32 SpecIndex:u16 <C1G2SingulationDetails>?
255 AntennaEvent EventType:u8 AntennaID:u16
256 ConnectionAttemptEvent Status:u16
257 ConnectionCloseEvent
287 LLRPStatus StatusCode:u16 ErrorDescription:str <FieldError>? <ParameterError>?
288 FieldError FieldNum:u16 ErrorCode:u16
289 ParameterError ParameterType:u16 ErrorCode:u16 <FieldError>? <ParameterError>?
327 C1G2LLRPCapabilities
    CanSupportBlockErase:u1 CanSupportBlockWrite:u1 CanSupportBlockPermalock:u1 CanSupportTagRecommissioning:u1
    CanSupportUMIMethod2:u1 CanSupportXPC:u1 ~2 MaxNumSelectFiltersPerQuery:u16
328 C1G2UHFRFModeTable <C1G2UHFRFModeTableEntry>+
329 C1G2UHFRFModeTableEntry
    ModeIdentifier:u32 DRValue:u1 EPCHAGTCConformance:u1 ~6 MValue:u8 ForwardLinkModulation:u8
    SpectralMaskIndicator:u8 BDRValue:u32 PIEValue:u32 MinTariValue:u32 MaxTariValue:u32 StepTariValue:u32
330 C1G2InventoryCommand
    TagInventoryStateAware:u1 ~7 <C1G2Filter>* <C1G2RFControl>? <C1G2SingulationControl>? <Custom>*
331 C1G2Filter
    T:u2 ~6 <C1G2TagInventoryMask> <C1G2TagInventoryStateAwareFilterAction>?
    <C1G2TagInventoryStateUnawareFilterAction>?
332 C1G2TagInventoryMask MB:u2 ~6 Pointer:u16 TagMask:u1[]
333 C1G2TagInventoryStateAwareFilterAction Target:u8 Action:u8
334 C1G2TagInventoryStateUnawareFilterAction Action:u8
335 C1G2RFControl ModeIndex:u16 Tari:u16
336 C1G2SingulationControl
    Session:u2 ~6 TagPopulation:u16 TagTransitTime:u32 <C1G2TagInventoryStateAwareSingulationAction>?
337 C1G2TagInventoryStateAwareSingulationAction I:u1 S:u1 S_All:u1 ~5
338 C1G2TagSpec <C1G2TargetTag>+
339 C1G2TargetTag MB:u2 Match:u1 ~5 Pointer:u16 TagMask:u1[] TagData:u1[]
341 C1G2Read OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WordCount:u16
342 C1G2Write OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WriteData:u16[]
343 C1G2Kill OpSpecID:u16 KillPassword:u32
344 C1G2Lock OpSpecID:u16 AccessPassword:u32 <C1G2LockPayload>+
345 C1G2LockPayload Privilege:u8 DataField:u8
346 C1G2BlockErase OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WordCount:u16
347 C1G2BlockWrite OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WriteData:u16[]
348 C1G2EPCMemorySelector EnableCRC:u1 EnablePCBits:u1 ~6
349 C1G2ReadOpSpecResult Result:u8 OpSpecID:u16 ReadData:u16[]
350 C1G2WriteOpSpecResult Result:u8 OpSpecID:u16 NumWordsWritten:u16
351 C1G2KillOpSpecResult Result:u8 OpSpecID:u16
352 C1G2LockOpSpecResult Result:u8 OpSpecID:u16
353 C1G2BlockEraseOpSpecResult Result:u8 OpSpecID:u16
354 C1G2BlockWriteOpSpecResult Result:u8 OpSpecID:u16 NumWordsWritten:u16
355 LoopSpec LoopCount:u32
356 SpecLoopEvent ROSpecID:u32 LoopCount:u32
357 C1G2Recommission OpSpecID:u16 KillPassword:u32 ~5 BIT_3SB:u1 BIT_2SB:u1 BIT_LSB:u1
358 C1G2BlockPermalock OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 BlockPointer:u16 BlockMask:u16[]
359 C1G2GetBlockPermalockStatus OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 BlockPointer:u16 BlockRange:u16
360 C1G2RecommissionOpSpecResult Result:u8 OpSpecID:u16
361 C1G2BlockPermalockOpSpecResult Result:u8 OpSpecID:u16
362 C1G2GetBlockPermalockStatusOpSpecResult Result:u8 OpSpecID:u16 PermalockStatus:u16[]
363 MaximumReceiveSensitivity MaximumSensitivityValue:s16
365 RFSurveyFrequencyCapabilities MinimumFrequency:u32 MaximumFrequency:u32
1023 Custom VendorIdentifier:u32 ParameterSubtype:u32 Data:rest
"""

# Where the standard leaves a choice, the parameter that stands there is named, not the choice.
_CHOICES: Final[dict[str, str]] = {
    "Spec": "AISpec RFSurveySpec LoopSpec Custom",
    "OpSpec": "C1G2Read C1G2Write C1G2Kill C1G2Recommission C1G2Lock C1G2BlockErase C1G2BlockWrite "
    "C1G2BlockPermalock C1G2GetBlockPermalockStatus ClientRequestOpSpec Custom",
    "C1G2OpSpec": "C1G2Read C1G2Write C1G2Kill C1G2Recommission C1G2Lock C1G2BlockErase C1G2BlockWrite "
    "C1G2BlockPermalock C1G2GetBlockPermalockStatus",
    "OpSpecResult": "C1G2ReadOpSpecResult C1G2WriteOpSpecResult C1G2KillOpSpecResult C1G2LockOpSpecResult "
    "C1G2BlockEraseOpSpecResult C1G2BlockWriteOpSpecResult C1G2RecommissionOpSpecResult "
    "C1G2BlockPermalockOpSpecResult C1G2GetBlockPermalockStatusOpSpecResult ClientRequestOpSpecResult Custom",
    "EPC": "EPC_96 EPCData",
    "TagData": "C1G2_PC C1G2_CRC C1G2_XPCW1 C1G2_XPCW2",
    "Timestamp": "UTCTimestamp Uptime",
}
# A choice that may come several times holds things that may come only once each.
_ONCE_EACH: Final = frozenset({"TagData", "EPC", "Timestamp"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field: ``kind`` is u, s, list, bits, text or rest; ``bits`` is its size, or that of one item.

    A name of "" marks reserved bits.
    """

    name: str
    kind: str
    bits: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """The content of a message or parameter; ``many`` names the parameters that may come more than once."""

    name: str
    fields: tuple[Field, ...]
    parameters: frozenset[str]
    many: frozenset[str]


def _field(word: str) -> Field:
    if word.startswith("~"):
        return Field("", "u", int(word[1:]))
    name, _, kind = word.partition(":")
    if kind in ("str", "rest"):
        return Field(name, "text" if kind == "str" else "rest")
    if kind == "u1[]":
        return Field(name, "bits")
    size = int(kind.removesuffix("[]")[1:])
    return Field(name, "list" if kind.endswith("[]") else kind[0], size)


def _layout(name: str, words: list[str]) -> Layout:
    fields: list[Field] = []
    parameters: set[str] = set()
    many: set[str] = set()
    for word in words:
        child = re.fullmatch(r"<(\w+)>([?*+]?)", word)
        if child is None:
            fields.append(_field(word))
            continue
        named = _CHOICES.get(child[1], child[1]).split()
        parameters.update(named)
        if child[2] in ("*", "+") and child[1] not in _ONCE_EACH:
            many.update(named)
    return Layout(name, tuple(fields), frozenset(parameters), frozenset(many))


def _table(text: str) -> dict[int, Layout]:
    entries = (entry.split() for entry in re.split(r"\n(?!\s)", text.strip()))
    return {int(number): _layout(name, words) for number, name, *words in entries}


MESSAGES: Final[dict[int, Layout]] = _table(_MESSAGES)
PARAMETERS: Final[dict[int, Layout]] = _table(_PARAMETERS)
# TV type -> bytes after the type byte; nothing else says how long one is.
TV_SIZES: Final[dict[int, int]] = {
    number: sum(field.bits for field in layout.fields) // 8 for number, layout in PARAMETERS.items() if number < 128
}
