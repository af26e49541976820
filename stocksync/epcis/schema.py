"""What an EPCIS 2.0 document and its events may look like: one JSON Schema of our own (draft 2020-12).

Four rules run through all of it:

1. A field is either named by the standard or carries a prefix (`example:myField`): a bare unknown name is a mistake.
2. Identifiers are URIs (RFC 3986), times RFC 3339 with their zone; unless formats are checked, this says little.
3. A vocabulary word is one that CBV knows, in any of its spellings, or a URI outside GS1's name spaces.
4. A list that makes an event worth having (which objects?) is asked for as the standard does per kind of event.

Source: EPCIS 2.0 and CBV 2.0, their rules as the official schema, context and examples show them (gs1/EPCIS at
2b888be). The tests hold both schemas to the same verdict; ours is stricter in one thing, a cbv: word must exist.
"""

from __future__ import annotations

from typing import Any

from stocksync.epcis.terms import (
    ALERT_TYPES,
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENT_TYPES,
    SOURCE_DESTINATION_TYPES,
    Vocabulary,
)

__all__ = ["DOCUMENT_SCHEMA", "EVENT_TYPES", "schema_of"]

EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")

_Json = dict[str, Any]

# An extension's name: a scheme or prefix, a colon, then characters of a URI (RFC 3986, section 2).
_PREFIXED = r"^[A-Za-z][A-Za-z0-9+.\-]*:[!#-;=?-\[\]_a-z~]*$"
# CBV words in the URN spelling or in the retired ns.gs1.org name space are not for JSON (EPCIS 2.0);
# ref.gs1.org and the cbv prefix stand for the very words that are listed beside this pattern.
_OUTSIDE_CBV = r"^(?!urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/|https?://ref\.gs1\.org/cbv/|cbv:)"
_OUTSIDE_GS1_VOC = r"^(?!https?://(www\.)?gs1\.org/voc/)"

_URI: _Json = {"$ref": "#/$defs/uri"}
_TIME: _Json = {"$ref": "#/$defs/time"}
_NUMBER: _Json = {"type": "number"}
_TEXT: _Json = {"type": "string"}


def _fields(properties: _Json, required: tuple[str, ...] = (), **more: Any) -> _Json:
    """An object with ``properties`` of the standard and any prefixed extension, but no other bare name."""
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {_PREFIXED: True},
        "additionalProperties": False,
        "required": list(required),
        **more,
    }


def _exactly(properties: _Json, required: tuple[str, ...]) -> _Json:
    """An object that takes no extension."""
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "required": list(required),
    }


def _place() -> _Json:
    return {"type": "object", "properties": {"id": _URI}, "required": ["id"]}


def _list(item: _Json, **more: Any) -> _Json:
    return {"type": "array", "items": item, **more}


def _filled(name: str) -> _Json:
    return {"required": [name], "properties": {name: {"minItems": 1}}}


def _term(vocabulary: Vocabulary) -> _Json:
    own = {"type": "string", "format": "uri", "pattern": _OUTSIDE_CBV}
    return {"anyOf": [{"enum": vocabulary.spellings()}, own]}


def _web_term(words: frozenset[str]) -> _Json:
    return {"anyOf": [{"enum": sorted(words)}, {"type": "string", "format": "uri", "pattern": _OUTSIDE_GS1_VOC}]}


_COMMON: _Json = {
    "@context": {"$ref": "#/$defs/context"},
    "eventTime": _TIME,
    "recordTime": _TIME,
    # Offsets run from -14:00 to +14:00, as in XML Schema.
    "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-]((0\d|1[0-3]):[0-5]\d|14:00)$"},
    "eventID": _URI,
    "certificationInfo": {"anyOf": [_URI, _list(_URI)]},
    "errorDeclaration": {"$ref": "#/$defs/errorDeclaration"},
}
_EPCS: _Json = {"$ref": "#/$defs/epcs"}
_DISTINCT_EPCS: _Json = {"$ref": "#/$defs/distinctEpcs"}
_QUANTITIES: _Json = {"$ref": "#/$defs/quantities"}
_ACTION: _Json = {"enum": ["OBSERVE", "ADD", "DELETE"]}
_WHY_AND_WHERE: _Json = {
    "bizStep": {"$ref": "#/$defs/bizStep"},
    "disposition": {"$ref": "#/$defs/disposition"},
    "readPoint": {"$ref": "#/$defs/place"},
    "bizLocation": {"$ref": "#/$defs/place"},
    "bizTransactionList": _list({"$ref": "#/$defs/bizTransaction"}),
    "sourceList": _list({"$ref": "#/$defs/source"}),
    "destinationList": _list({"$ref": "#/$defs/destination"}),
    "sensorElementList": _list({"$ref": "#/$defs/sensorElement"}),
}
_PERSISTENT: _Json = {"persistentDisposition": {"$ref": "#/$defs/persistentDisposition"}}
# Instance or lot master data: facts of an object's birth, keyed by prefixed names.
_ILMD: _Json = {"ilmd": {"$ref": "#/$defs/ilmd"}}
_IS_DELETE: _Json = {"properties": {"action": {"const": "DELETE"}}}


def _event(name: str, properties: _Json, required: tuple[str, ...], *rules: _Json) -> _Json:
    return _fields(
        {"type": {"const": name}, **_COMMON, **_WHY_AND_WHERE, **properties},
        ("type", "eventTime", "eventTimeZoneOffset", *required),
        allOf=list(rules),
    )


def _parent_and_children(name: str, *required: str) -> _Json:
    return _event(
        name,
        {"action": _ACTION, "parentID": _URI, "childEPCs": _EPCS, "childQuantityList": _QUANTITIES},
        ("action", *required),
        {"anyOf": [_filled("childEPCs"), _filled("childQuantityList"), _IS_DELETE]},
    )


def _events() -> _Json:
    inputs = {"anyOf": [_filled("inputEPCList"), _filled("inputQuantityList")]}
    outputs = {"anyOf": [_filled("outputEPCList"), _filled("outputQuantityList")]}
    return {
        "ObjectEvent": _event(
            "ObjectEvent",
            {"action": _ACTION, "epcList": _DISTINCT_EPCS, "quantityList": _QUANTITIES, **_PERSISTENT, **_ILMD},
            ("action",),
            # An empty epcList is allowed: "we looked, and saw none".
            {
                "anyOf": [
                    {"required": ["epcList"]},
                    _filled("quantityList"),
                    {**_filled("sensorElementList"), "required": ["sensorElementList", "readPoint"]},
                ]
            },
            {"if": {"required": ["ilmd"]}, "then": {"properties": {"action": {"const": "ADD"}}}},
        ),
        "AggregationEvent": _parent_and_children("AggregationEvent"),
        "AssociationEvent": _parent_and_children("AssociationEvent", "parentID"),
        "TransactionEvent": _event(
            "TransactionEvent",
            {
                "action": _ACTION,
                "parentID": _URI,
                "epcList": _EPCS,
                "quantityList": _QUANTITIES,
                "bizTransactionList": _list({"$ref": "#/$defs/bizTransaction"}, minItems=1),
            },
            ("action", "bizTransactionList"),
            {"anyOf": [{"required": ["epcList"]}, _filled("quantityList"), _IS_DELETE]},
        ),
        "TransformationEvent": _event(
            "TransformationEvent",
            {
                "inputEPCList": _DISTINCT_EPCS,
                "inputQuantityList": _QUANTITIES,
                "outputEPCList": _DISTINCT_EPCS,
                "outputQuantityList": _QUANTITIES,
                "transformationID": _URI,
                **_PERSISTENT,
                **_ILMD,
            },
            (),
            # With a transformationID, inputs and outputs may come in different events.
            {
                "anyOf": [
                    {"allOf": [inputs, outputs]},
                    {"required": ["transformationID"], "anyOf": [inputs, outputs]},
                ]
            },
        ),
    }


def _sensor() -> _Json:
    origin = dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), _URI)
    about = dict.fromkeys(("microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"), _URI)
    figures = dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), _NUMBER)
    return {
        "sensorMetadata": _fields({"time": _TIME, "startTime": _TIME, "endTime": _TIME, **origin}),
        "sensorReport": _fields(
            {
                "type": _web_term(MEASUREMENT_TYPES),
                "exception": _web_term(ALERT_TYPES),
                "time": _TIME,
                **origin,
                **about,
                **figures,
                "component": _term(COMPONENTS),
                "stringValue": _TEXT,
                "booleanValue": {"type": "boolean"},
                "hexBinaryValue": {"type": "string", "pattern": "^[A-Fa-f0-9]+$"},
                "uom": _TEXT,
            },
            ("type",),
        ),
        "sensorElement": _fields(
            {
                "sensorMetadata": {"$ref": "#/$defs/sensorMetadata"},
                "sensorReport": _list({"$ref": "#/$defs/sensorReport"}, minItems=1),
            },
            ("sensorReport",),
        ),
    }


def _parts() -> _Json:
    disposition_set = _list({"$ref": "#/$defs/disposition"}, minItems=1, uniqueItems=True)
    either = [{"required": ["set"]}, {"required": ["unset"]}]
    linked: list[_Json] = [{"type": "string", "format": "uri"}, {"type": "object"}]
    return {
        "uri": {"type": "string", "format": "uri"},
        "time": {"type": "string", "format": "date-time"},
        "context": {"anyOf": [*linked, _list({"anyOf": linked}, uniqueItems=True)]},
        "epcs": _list(_URI),
        "distinctEpcs": _list(_URI, uniqueItems=True),
        "quantities": _list({"$ref": "#/$defs/quantity"}),
        "quantity": _exactly(
            # uom: UN/CEFACT Recommendation 20 code, two or three characters.
            {"epcClass": _URI, "quantity": _NUMBER, "uom": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"}},
            ("epcClass",),
        ),
        "place": _place(),
        "bizStep": _term(BIZ_STEPS),
        "disposition": _term(DISPOSITIONS),
        "persistentDisposition": {**_exactly({"set": disposition_set, "unset": disposition_set}, ()), "anyOf": either},
        "bizTransaction": _exactly({"type": _term(BIZ_TRANSACTION_TYPES), "bizTransaction": _URI}, ("bizTransaction",)),
        "source": _exactly({"type": _term(SOURCE_DESTINATION_TYPES), "source": _URI}, ("type", "source")),
        "destination": _exactly(
            {"type": _term(SOURCE_DESTINATION_TYPES), "destination": _URI}, ("type", "destination")
        ),
        "errorDeclaration": _fields(
            {"declarationTime": _TIME, "reason": _term(ERROR_REASONS), "correctiveEventIDs": _list(_URI)},
            ("declarationTime",),
        ),
        "ilmd": {"type": "object", "patternProperties": {_PREFIXED: True}, "additionalProperties": False},
        **_sensor(),
    }


def _master_data() -> _Json:
    attribute = {
        "type": "object",
        "properties": {"id": _URI, "attribute": {"type": ["number", "string", "object"]}},
        "required": ["id"],
    }
    element = {
        "type": "object",
        "properties": {"id": _URI, "attributes": _list(attribute), "children": _list(_URI)},
        "required": ["id"],
    }
    vocabulary = {
        "type": "object",
        "properties": {"type": _URI, "vocabularyElementList": _list(element)},
        "required": ["type"],
    }
    return {"vocabularies": _list(vocabulary)}


def _documents() -> _Json:
    events = _list({"$ref": "#/$defs/event"})
    version = {"type": "string", "pattern": r"^\d+(\.\d+)*$"}
    head = {"@context": {"$ref": "#/$defs/context"}, "id": _URI, "schemaVersion": version, "creationDate": _TIME}
    header_data = {"type": "object", "properties": {"vocabularyList": {"$ref": "#/$defs/vocabularies"}}}
    results = _fields({"eventList": events, "vocabularyList": {"$ref": "#/$defs/vocabularies"}}, ("eventList",))
    query_results = _fields(
        {"queryName": _TEXT, "subscriptionID": _TEXT, "resultsBody": results}, ("queryName", "resultsBody")
    )
    return {
        "EPCISDocument": _fields(
            {
                **head,
                "type": {"const": "EPCISDocument"},
                "instanceIdentifier": _TEXT,
                "sender": _TEXT,
                "receiver": _TEXT,
                "epcisHeader": _fields({"epcisMasterData": header_data}),
                "epcisBody": {"type": "object", "properties": {"eventList": events}, "required": ["eventList"]},
            },
            ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
        ),
        "EPCISQueryDocument": _fields(
            {
                **head,
                "type": {"const": "EPCISQueryDocument"},
                "epcisBody": _fields({"queryResults": query_results}, ("queryResults",)),
            },
            ("@context", "type", "epcisBody"),
        ),
    }


def _by_type(names: tuple[str, ...], otherwise: _Json) -> _Json:
    """Choose by `type`, so that problems are told of the kind that was meant."""
    chosen = [{"if": {"properties": {"type": {"const": name}}}, "then": {"$ref": f"#/$defs/{name}"}} for name in names]
    unknown = {"if": {"properties": {"type": {"enum": list(names)}}}, "else": otherwise}
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": _TEXT},
        "allOf": [*chosen, unknown],
    }


_DEFINITIONS: _Json = {
    **_parts(),
    **_events(),
    # A kind of event of one's own: its type is a URI, its fields are its own.
    "extendedEvent": {
        "type": "object",
        "properties": {**_COMMON, "type": _URI},
        "required": ["type", "eventTime", "eventTimeZoneOffset"],
    },
    "event": _by_type(EVENT_TYPES, {"$ref": "#/$defs/extendedEvent"}),
    **_master_data(),
    **_documents(),
}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

# The whole of it, for publishing and for whole documents.
DOCUMENT_SCHEMA: _Json = {
    "$schema": _DRAFT,
    "title": "EPCIS 2.0 document, as Tagtill accepts it",
    **_by_type(("EPCISDocument", "EPCISQueryDocument"), {"properties": {"type": False}}),
    "$defs": _DEFINITIONS,
}


def schema_of(definition: str) -> _Json:
    """Return a schema for one part, such as `event` or `ObjectEvent`. Raises KeyError for a part that is not there."""
    _DEFINITIONS[definition]
    return {"$schema": _DRAFT, "$ref": f"#/$defs/{definition}", "$defs": _DEFINITIONS}
