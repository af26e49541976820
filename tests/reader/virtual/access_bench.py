"""What the tests of AccessSpecs build, and what they ask a reader whose tags can be changed."""

from __future__ import annotations

from typing import Any

from reader.access import Bank
from reader.virtual.llrp.element import Bits, Element, make
from reader.virtual.scene import builtin_scene, scene_of
from tests.reader.virtual.llrp_bench import (
    BenchClient,
    code,
    reports,
    running,
)

EPC = "3036451FD4001940000003E9"
NEW = "3036451FD4001940000AAAAA"
ACCESS, KILL = 0x1234_5678, 0xDEAD_BEEF


def words(text: str) -> tuple[int, ...]:
    return tuple(int(text[at : at + 4], 16) for at in range(0, len(text), 4))


def target(
    data: str = "", *, bank: Bank = Bank.EPC, pointer: int = 32, match: int = 1, mask: str | None = None
) -> Element:
    bits = Bits(4 * len(data), bytes.fromhex(data))
    care = Bits(4 * len(data), bytes.fromhex("F" * len(data) if mask is None else mask))
    return make("C1G2TargetTag", MB=int(bank), Match=match, Pointer=pointer, TagMask=care, TagData=bits)


def reading(bank: Bank = Bank.TID, at: int = 0, count: int = 2, *, id: int = 1, password: int = 0) -> Element:
    return make("C1G2Read", OpSpecID=id, AccessPassword=password, MB=int(bank), WordPointer=at, WordCount=count)


def writing(
    data: str, bank: Bank = Bank.EPC, at: int = 2, *, id: int = 1, password: int = 0, name: str = "C1G2Write"
) -> Element:
    return make(name, OpSpecID=id, AccessPassword=password, MB=int(bank), WordPointer=at, WriteData=words(data))


def locking(privilege: int, field: int, *, id: int = 1, password: int = 0) -> Element:
    payload = make("C1G2LockPayload", Privilege=privilege, DataField=field)
    return make("C1G2Lock", payload, OpSpecID=id, AccessPassword=password)


def killing(password: int, *, id: int = 1) -> Element:
    return make("C1G2Kill", OpSpecID=id, KillPassword=password)


def access_spec(
    *ops: Element,
    targets: tuple[Element, ...] | None = None,
    id: int = 1,
    count: int = 0,
    report: int | None = None,
    **fields: int,
) -> Element:
    tags = make("C1G2TagSpec", *((target(EPC),) if targets is None else targets))
    children = [
        make("AccessSpecStopTrigger", AccessSpecStopTrigger=int(count > 0), OperationCountValue=count),
        make("AccessCommand", tags, *(ops or (reading(),))),
    ]
    if report is not None:
        children.append(make("AccessReportSpec", AccessReportTrigger=report))
    given = {"AntennaID": 0, "ProtocolID": 1, "CurrentState": 0, "ROSpecID": 0} | fields
    return make("AccessSpec", *children, AccessSpecID=id, **given)


def shop(**tag: Any) -> BenchClient:
    """Return a reader before which one tag lies, with a memory as given, and three others."""
    document = builtin_scene().model_dump(exclude_unset=True)
    document["tags"] = [
        {"epc": EPC, "at": [0.0, 0.0, 0.1], "orientation": [1, 0, 0], **tag},
        {"place": "pad", "epcs": ["AAAA0001", "AAAA0002", "BBBB00010000"]},
    ]
    return BenchClient(scene_of(document))


def ordered(client: BenchClient, *specs: Element) -> None:
    """Add and enable AccessSpecs."""
    for spec in specs:
        assert code(client.ask("ADD_ACCESSSPEC", spec)) == 0
        assert code(client.ask("ENABLE_ACCESSSPEC", AccessSpecID=spec.number("AccessSpecID"))) == 0


def results_of(tags: list[Element]) -> list[Element]:
    return [child for tag in tags for child in tag.children if child.name.endswith("OpSpecResult")]


def told(client: BenchClient, ms: float = 300) -> list[Element]:
    """Return the tags that are reported with results within a time."""
    return [tag for tag in reports(client.wait(ms)) if results_of([tag])]


def acted(client: BenchClient, *ops: Element, **changes: Any) -> list[int]:
    """Let operations be done once on the tag and return their results, in the order of their ids."""
    ordered(client, access_spec(*ops, count=1, **changes))
    running(client)
    (tag,) = told(client)
    assert code(client.ask("DELETE_ROSPEC", ROSpecID=1)) == 0
    assert [one.number("OpSpecID") for one in results_of([tag])] == list(range(1, len(results_of([tag])) + 1))
    return [one.number("Result") for one in results_of([tag])]


def held(client: BenchClient) -> list[tuple[int, int]]:
    """Return the AccessSpecs that the reader shows: id and state."""
    answer = client.ask("GET_ACCESSSPECS")
    assert code(answer) == 0
    return [(one.number("AccessSpecID"), one.number("CurrentState")) for one in answer.body.each("AccessSpec")]


def state_value(client: BenchClient) -> int:
    answer = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=7, GPIPortNum=0, GPOPortNum=0)
    return answer.body.the("LLRPConfigurationStateValue").number("LLRPConfigurationStateValue")
