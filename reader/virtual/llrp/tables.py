"""LLRP's messages and parameters as tables, for a codec that is generated from them.

One element a line, continued on indented lines. Left of the bar stands the type number (``TV`` where the
parameter has no length), the name, ``1.1`` where LLRP 1.0.1 does not know it, and for messages the
direction: ``>`` to the reader, ``<`` from it, ``*`` both. Right of it stand the fields, then the children, in
the order of the wire:

- ``Name:u16`` unsigned of that many bits, ``s16`` signed; ``~n`` that many reserved bits, which must be zero.
- ``u16[]`` a u16 count and that many items; ``u1[]`` a count of bits, padded to whole bytes.
- ``str`` a u16 count of bytes, and UTF-8; ``raw96`` that many bits as bytes; ``rest`` bytes to the end.
- ``≤3`` the greatest value that the standard gives a meaning; ``≤2..6`` for 1.0.1 and 1.1.
- A child stands exactly once; ``?`` at most once, ``*`` any number, ``+`` at least one, ``{2}`` one or two.

Source: EPCglobal LLRP 1.1 (2010), sections 10 to 17; 1.0.1 (2007) for what is older. LoopSpec is 355 and
GPITriggerValue 181, as the standard says; some published definitions have them wrong.
"""

from __future__ import annotations

__all__ = ["CHOICES", "MESSAGES", "PARAMETERS"]

# Where the grammar names a choice, any of these may stand.
CHOICES: dict[str, tuple[str, ...]] = {
    "Spec": ("AISpec", "RFSurveySpec", "LoopSpec", "Custom"),
    "OpSpec": (
        "C1G2Read",
        "C1G2Write",
        "C1G2Kill",
        "C1G2Recommission",
        "C1G2Lock",
        "C1G2BlockErase",
        "C1G2BlockWrite",
        "C1G2BlockPermalock",
        "C1G2GetBlockPermalockStatus",
        "ClientRequestOpSpec",
        "Custom",
    ),
    "C1G2OpSpec": (
        "C1G2Read",
        "C1G2Write",
        "C1G2Kill",
        "C1G2Recommission",
        "C1G2Lock",
        "C1G2BlockErase",
        "C1G2BlockWrite",
        "C1G2BlockPermalock",
        "C1G2GetBlockPermalockStatus",
    ),
    "OpSpecResult": (
        "C1G2ReadOpSpecResult",
        "C1G2WriteOpSpecResult",
        "C1G2KillOpSpecResult",
        "C1G2LockOpSpecResult",
        "C1G2BlockEraseOpSpecResult",
        "C1G2BlockWriteOpSpecResult",
        "C1G2RecommissionOpSpecResult",
        "C1G2BlockPermalockOpSpecResult",
        "C1G2GetBlockPermalockStatusOpSpecResult",
        "ClientRequestOpSpecResult",
    ),
    "EPC": ("EPC_96", "EPCData"),
    "TagData": ("C1G2_PC", "C1G2_CRC", "C1G2_XPCW1", "C1G2_XPCW2"),
    "Timestamp": ("UTCTimestamp", "Uptime"),
}

MESSAGES = """
1 GET_READER_CAPABILITIES > | RequestedData:u8≤4 Custom*
2 GET_READER_CONFIG > | AntennaID:u16 RequestedData:u8≤11 GPIPortNum:u16 GPOPortNum:u16 Custom*
3 SET_READER_CONFIG > | ResetToFactoryDefault:u1 ~7 ReaderEventNotificationSpec? AntennaProperties*
  AntennaConfiguration* ROReportSpec? AccessReportSpec? KeepaliveSpec? GPOWriteData* GPIPortCurrentState*
  EventsAndReports? Custom*
4 CLOSE_CONNECTION_RESPONSE < | LLRPStatus
11 GET_READER_CAPABILITIES_RESPONSE < | LLRPStatus GeneralDeviceCapabilities? LLRPCapabilities?
  RegulatoryCapabilities? C1G2LLRPCapabilities? Custom*
12 GET_READER_CONFIG_RESPONSE < | LLRPStatus Identification? AntennaProperties* AntennaConfiguration*
  ReaderEventNotificationSpec? ROReportSpec? AccessReportSpec? LLRPConfigurationStateValue? KeepaliveSpec?
  GPIPortCurrentState* GPOWriteData* EventsAndReports? Custom*
13 SET_READER_CONFIG_RESPONSE < | LLRPStatus
14 CLOSE_CONNECTION > |
20 ADD_ROSPEC > | ROSpec
21 DELETE_ROSPEC > | ROSpecID:u32
22 START_ROSPEC > | ROSpecID:u32
23 STOP_ROSPEC > | ROSpecID:u32
24 ENABLE_ROSPEC > | ROSpecID:u32
25 DISABLE_ROSPEC > | ROSpecID:u32
26 GET_ROSPECS > |
30 ADD_ROSPEC_RESPONSE < | LLRPStatus
31 DELETE_ROSPEC_RESPONSE < | LLRPStatus
32 START_ROSPEC_RESPONSE < | LLRPStatus
33 STOP_ROSPEC_RESPONSE < | LLRPStatus
34 ENABLE_ROSPEC_RESPONSE < | LLRPStatus
35 DISABLE_ROSPEC_RESPONSE < | LLRPStatus
36 GET_ROSPECS_RESPONSE < | LLRPStatus ROSpec*
40 ADD_ACCESSSPEC > | AccessSpec
41 DELETE_ACCESSSPEC > | AccessSpecID:u32
42 ENABLE_ACCESSSPEC > | AccessSpecID:u32
43 DISABLE_ACCESSSPEC > | AccessSpecID:u32
44 GET_ACCESSSPECS > |
45 CLIENT_REQUEST_OP < | TagReportData
46 GET_SUPPORTED_VERSION 1.1 > |
47 SET_PROTOCOL_VERSION 1.1 > | ProtocolVersion:u8
50 ADD_ACCESSSPEC_RESPONSE < | LLRPStatus
51 DELETE_ACCESSSPEC_RESPONSE < | LLRPStatus
52 ENABLE_ACCESSSPEC_RESPONSE < | LLRPStatus
53 DISABLE_ACCESSSPEC_RESPONSE < | LLRPStatus
54 GET_ACCESSSPECS_RESPONSE < | LLRPStatus AccessSpec*
55 CLIENT_REQUEST_OP_RESPONSE > | ClientRequestResponse
56 GET_SUPPORTED_VERSION_RESPONSE 1.1 < | CurrentVersion:u8 SupportedVersion:u8 LLRPStatus
57 SET_PROTOCOL_VERSION_RESPONSE 1.1 < | LLRPStatus
60 GET_REPORT > |
61 RO_ACCESS_REPORT < | TagReportData* RFSurveyReportData* Custom*
62 KEEPALIVE < |
63 READER_EVENT_NOTIFICATION < | ReaderEventNotificationData
64 ENABLE_EVENTS_AND_REPORTS > |
72 KEEPALIVE_ACK > |
100 ERROR_MESSAGE < | LLRPStatus
1023 CUSTOM_MESSAGE * | VendorIdentifier:u32 MessageSubtype:u8 Data:rest
"""

PARAMETERS = """
TV1 AntennaID | AntennaID:u16
TV2 FirstSeenTimestampUTC | Microseconds:u64
TV3 FirstSeenTimestampUptime | Microseconds:u64
TV4 LastSeenTimestampUTC | Microseconds:u64
TV5 LastSeenTimestampUptime | Microseconds:u64
TV6 PeakRSSI | PeakRSSI:s8
TV7 ChannelIndex | ChannelIndex:u16
TV8 TagSeenCount | TagCount:u16
TV9 ROSpecID | ROSpecID:u32
TV10 InventoryParameterSpecID | InventoryParameterSpecID:u16
TV11 C1G2_CRC | CRC:u16
TV12 C1G2_PC | PC_Bits:u16
TV13 EPC_96 | EPC:raw96
TV14 SpecIndex | SpecIndex:u16
TV15 ClientRequestOpSpecResult | OpSpecID:u16
TV16 AccessSpecID | AccessSpecID:u32
TV17 OpSpecID | OpSpecID:u16
TV18 C1G2SingulationDetails | NumCollisionSlots:u16 NumEmptySlots:u16
TV19 C1G2_XPCW1 1.1 | XPC_W1:u16
TV20 C1G2_XPCW2 1.1 | XPC_W2:u16
128 UTCTimestamp | Microseconds:u64
129 Uptime | Microseconds:u64
137 GeneralDeviceCapabilities | MaxNumberOfAntennaSupported:u16 CanSetAntennaProperties:u1 HasUTCClockCapability:u1
  ~14 DeviceManufacturerName:u32 ModelName:u32 ReaderFirmwareVersion:str ReceiveSensitivityTableEntry+
  PerAntennaReceiveSensitivityRange* GPIOCapabilities PerAntennaAirProtocol+ MaximumReceiveSensitivity?
139 ReceiveSensitivityTableEntry | Index:u16 ReceiveSensitivityValue:s16
140 PerAntennaAirProtocol | AntennaID:u16 ProtocolID:u8[]≤1
141 GPIOCapabilities | NumGPIs:u16 NumGPOs:u16
142 LLRPCapabilities | CanDoRFSurvey:u1 CanReportBufferFillWarning:u1 SupportsClientRequestOpSpec:u1
  CanDoTagInventoryStateAwareSingulation:u1 SupportsEventAndReportHolding:u1 ~3 MaxNumPriorityLevelsSupported:u8
  ClientRequestOpSpecTimeout:u16 MaxNumROSpecs:u32 MaxNumSpecsPerROSpec:u32
  MaxNumInventoryParameterSpecsPerAISpec:u32 MaxNumAccessSpecs:u32 MaxNumOpSpecsPerAccessSpec:u32
143 RegulatoryCapabilities | CountryCode:u16 CommunicationsStandard:u16≤9 UHFBandCapabilities? Custom*
144 UHFBandCapabilities | TransmitPowerLevelTableEntry+ FrequencyInformation C1G2UHFRFModeTable+
  RFSurveyFrequencyCapabilities?
145 TransmitPowerLevelTableEntry | Index:u16 TransmitPowerValue:s16
146 FrequencyInformation | Hopping:u1 ~7 FrequencyHopTable* FixedFrequencyTable?
147 FrequencyHopTable | HopTableID:u8 ~8 Frequency:u32[]
148 FixedFrequencyTable | Frequency:u32[]
149 PerAntennaReceiveSensitivityRange | AntennaID:u16 ReceiveSensitivityIndexMin:u16 ReceiveSensitivityIndexMax:u16
177 ROSpec | ROSpecID:u32 Priority:u8 CurrentState:u8≤2 ROBoundarySpec Spec+ ROReportSpec?
178 ROBoundarySpec | ROSpecStartTrigger ROSpecStopTrigger
179 ROSpecStartTrigger | ROSpecStartTriggerType:u8≤3 PeriodicTriggerValue? GPITriggerValue?
180 PeriodicTriggerValue | Offset:u32 Period:u32 UTCTimestamp?
181 GPITriggerValue | GPIPortNum:u16 GPIEvent:u1 ~7 Timeout:u32
182 ROSpecStopTrigger | ROSpecStopTriggerType:u8≤2 DurationTriggerValue:u32 GPITriggerValue?
183 AISpec | AntennaIDs:u16[] AISpecStopTrigger InventoryParameterSpec+ Custom*
184 AISpecStopTrigger | AISpecStopTriggerType:u8≤3 DurationTrigger:u32 GPITriggerValue? TagObservationTrigger?
185 TagObservationTrigger | TriggerType:u8≤2..4 ~8 NumberOfTags:u16 NumberOfAttempts:u16 T:u16 Timeout:u32
186 InventoryParameterSpec | InventoryParameterSpecID:u16 ProtocolID:u8≤1 AntennaConfiguration* Custom*
187 RFSurveySpec | AntennaID:u16 StartFrequency:u32 EndFrequency:u32 RFSurveySpecStopTrigger Custom*
188 RFSurveySpecStopTrigger | StopTriggerType:u8≤2 DurationPeriod:u32 N:u32
207 AccessSpec | AccessSpecID:u32 AntennaID:u16 ProtocolID:u8≤1 CurrentState:u1≤1 ~7 ROSpecID:u32
  AccessSpecStopTrigger AccessCommand AccessReportSpec? Custom*
208 AccessSpecStopTrigger | AccessSpecStopTrigger:u8≤1 OperationCountValue:u16
209 AccessCommand | C1G2TagSpec OpSpec+ Custom*
210 ClientRequestOpSpec | OpSpecID:u16
211 ClientRequestResponse | AccessSpecID:u32 EPC C1G2OpSpec*
217 LLRPConfigurationStateValue | LLRPConfigurationStateValue:u32
218 Identification | IDType:u8≤1 ReaderID:u8[]
219 GPOWriteData | GPOPortNumber:u16 GPOData:u1 ~7
220 KeepaliveSpec | KeepaliveTriggerType:u8≤1 PeriodicTriggerValue:u32
221 AntennaProperties | AntennaConnected:u1 ~7 AntennaID:u16 AntennaGain:s16
222 AntennaConfiguration | AntennaID:u16 RFReceiver? RFTransmitter? C1G2InventoryCommand* Custom*
223 RFReceiver | ReceiverSensitivity:u16
224 RFTransmitter | HopTableID:u16 ChannelIndex:u16 TransmitPower:u16
225 GPIPortCurrentState | GPIPortNum:u16 Config:u1 ~7 State:u8≤2
226 EventsAndReports | HoldEventsAndReportsUponReconnect:u1 ~7
237 ROReportSpec | ROReportTrigger:u8≤2..6 N:u16 TagReportContentSelector Custom*
238 TagReportContentSelector | EnableROSpecID:u1 EnableSpecIndex:u1 EnableInventoryParameterSpecID:u1
  EnableAntennaID:u1 EnableChannelIndex:u1 EnablePeakRSSI:u1 EnableFirstSeenTimestamp:u1 EnableLastSeenTimestamp:u1
  EnableTagSeenCount:u1 EnableAccessSpecID:u1 ~6 C1G2EPCMemorySelector*
239 AccessReportSpec | AccessReportTrigger:u8≤1
240 TagReportData | EPC ROSpecID? SpecIndex? InventoryParameterSpecID? AntennaID? PeakRSSI? ChannelIndex?
  FirstSeenTimestampUTC? FirstSeenTimestampUptime? LastSeenTimestampUTC? LastSeenTimestampUptime? TagSeenCount?
  TagData* AccessSpecID? OpSpecResult* Custom*
241 EPCData | EPC:u1[]
242 RFSurveyReportData | ROSpecID? SpecIndex? FrequencyRSSILevelEntry+ Custom*
243 FrequencyRSSILevelEntry | Frequency:u32 Bandwidth:u32 AverageRSSI:s8 PeakRSSI:s8 Timestamp
244 ReaderEventNotificationSpec | EventNotificationState+
245 EventNotificationState | EventType:u16≤8..9 NotificationState:u1 ~7
246 ReaderEventNotificationData | Timestamp HoppingEvent? GPIEvent? ROSpecEvent? ReportBufferLevelWarningEvent?
  ReportBufferOverflowErrorEvent? ReaderExceptionEvent? RFSurveyEvent? AISpecEvent? AntennaEvent?
  ConnectionAttemptEvent? ConnectionCloseEvent? SpecLoopEvent? Custom*
247 HoppingEvent | HopTableID:u16 NextChannelIndex:u16
248 GPIEvent | GPIPortNumber:u16 GPIEvent:u1 ~7
249 ROSpecEvent | EventType:u8≤2 ROSpecID:u32 PreemptingROSpecID:u32
250 ReportBufferLevelWarningEvent | ReportBufferPercentageFull:u8
251 ReportBufferOverflowErrorEvent |
252 ReaderExceptionEvent | Message:str ROSpecID? SpecIndex? InventoryParameterSpecID? AntennaID? AccessSpecID?
  OpSpecID? Custom*
253 RFSurveyEvent | EventType:u8≤1 ROSpecID:u32 SpecIndex:u16
254 AISpecEvent | EventType:u8≤0 ROSpecID:u32 SpecIndex:u16 C1G2SingulationDetails?
255 AntennaEvent | EventType:u8≤1 AntennaID:u16
256 ConnectionAttemptEvent | Status:u16≤4
257 ConnectionCloseEvent |
287 LLRPStatus | StatusCode:u16 ErrorDescription:str FieldError? ParameterError?
288 FieldError | FieldNum:u16 ErrorCode:u16
289 ParameterError | ParameterType:u16 ErrorCode:u16 FieldError? ParameterError?
327 C1G2LLRPCapabilities | CanSupportBlockErase:u1 CanSupportBlockWrite:u1 CanSupportBlockPermalock:u1
  CanSupportTagRecommissioning:u1 CanSupportUMIMethod2:u1 CanSupportXPC:u1 ~2 MaxNumSelectFiltersPerQuery:u16
328 C1G2UHFRFModeTable | C1G2UHFRFModeTableEntry+
329 C1G2UHFRFModeTableEntry | ModeIdentifier:u32 DRValue:u1≤1 EPCHAGTCConformance:u1 ~6 MValue:u8≤3
  ForwardLinkModulation:u8≤2 SpectralMaskIndicator:u8≤3 BDRValue:u32 PIEValue:u32 MinTariValue:u32 MaxTariValue:u32
  StepTariValue:u32
330 C1G2InventoryCommand | TagInventoryStateAware:u1 ~7 C1G2Filter* C1G2RFControl? C1G2SingulationControl? Custom*
331 C1G2Filter | T:u2≤2 ~6 C1G2TagInventoryMask C1G2TagInventoryStateAwareFilterAction?
  C1G2TagInventoryStateUnawareFilterAction?
332 C1G2TagInventoryMask | MB:u2 ~6 Pointer:u16 TagMask:u1[]
333 C1G2TagInventoryStateAwareFilterAction | Target:u8≤4 Action:u8≤7
334 C1G2TagInventoryStateUnawareFilterAction | Action:u8≤5
335 C1G2RFControl | ModeIndex:u16 Tari:u16
336 C1G2SingulationControl | Session:u2 ~6 TagPopulation:u16 TagTransitTime:u32
  C1G2TagInventoryStateAwareSingulationAction?
337 C1G2TagInventoryStateAwareSingulationAction | I:u1 S:u1 S_All:u1≤0..1 ~5
338 C1G2TagSpec | C1G2TargetTag{2}
339 C1G2TargetTag | MB:u2 Match:u1 ~5 Pointer:u16 TagMask:u1[] TagData:u1[]
341 C1G2Read | OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WordCount:u16
342 C1G2Write | OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WriteData:u16[]
343 C1G2Kill | OpSpecID:u16 KillPassword:u32
344 C1G2Lock | OpSpecID:u16 AccessPassword:u32 C1G2LockPayload+
345 C1G2LockPayload | Privilege:u8≤3 DataField:u8≤4
346 C1G2BlockErase | OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WordCount:u16
347 C1G2BlockWrite | OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 WordPointer:u16 WriteData:u16[]
348 C1G2EPCMemorySelector | EnableCRC:u1 EnablePCBits:u1 ~6
349 C1G2ReadOpSpecResult | Result:u8≤6 OpSpecID:u16 ReadData:u16[]
350 C1G2WriteOpSpecResult | Result:u8≤7 OpSpecID:u16 NumWordsWritten:u16
351 C1G2KillOpSpecResult | Result:u8≤6 OpSpecID:u16
352 C1G2LockOpSpecResult | Result:u8≤7 OpSpecID:u16
353 C1G2BlockEraseOpSpecResult | Result:u8≤7 OpSpecID:u16
354 C1G2BlockWriteOpSpecResult | Result:u8≤7 OpSpecID:u16 NumWordsWritten:u16
355 LoopSpec 1.1 | LoopCount:u32
356 SpecLoopEvent 1.1 | ROSpecID:u32 LoopCount:u32
357 C1G2Recommission 1.1 | OpSpecID:u16 KillPassword:u32 ~5 BIT_3SB:u1 BIT_2SB:u1 BIT_LSB:u1
358 C1G2BlockPermalock 1.1 | OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 BlockPointer:u16 BlockMask:u16[]
359 C1G2GetBlockPermalockStatus 1.1 | OpSpecID:u16 AccessPassword:u32 MB:u2 ~6 BlockPointer:u16 BlockRange:u16
360 C1G2RecommissionOpSpecResult 1.1 | Result:u8≤6 OpSpecID:u16
361 C1G2BlockPermalockOpSpecResult 1.1 | Result:u8≤6 OpSpecID:u16
362 C1G2GetBlockPermalockStatusOpSpecResult 1.1 | Result:u8≤5 OpSpecID:u16 PermalockStatus:u16[]
363 MaximumReceiveSensitivity 1.1 | MaximumSensitivityValue:s16
365 RFSurveyFrequencyCapabilities 1.1 | MinimumFrequency:u32 MaximumFrequency:u32
1023 Custom | VendorIdentifier:u32 ParameterSubtype:u32 Data:rest
"""
