"""What an EPC says, taken apart, and the words that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from reader.epc.characters import link_escaped, urn_escaped
from reader.epc.layout import Kind

__all__ = ["Fields"]

# GS1 Application Identifiers. A serial has one of its own (21, 254) or follows the key directly.
_KEY_AI = {
    Kind.SGTIN: "01",
    Kind.SSCC: "00",
    Kind.SGLN: "414",
    Kind.GRAI: "8003",
    Kind.GIAI: "8004",
    Kind.GSRN: "8018",
    Kind.GSRNP: "8017",
    Kind.GDTI: "253",
    Kind.SGCN: "255",
}
_SERIAL_AI = {Kind.SGTIN: "21", Kind.SGLN: "254"}


@dataclass(frozen=True, slots=True)
class Fields:
    """A strictly decoded EPC.

    key: the GS1 key with its check digit; empty for GID, which has none.
    serial: what follows the key; None where the scheme has nothing, and for an SGLN without extension.
    prefix, reference: company prefix and reference as URNs write them; None for '+' schemes.
    date: Application Identifier and YYMMDD of a DSGTIN.
    """

    scheme: str
    kind: Kind
    key: str
    serial: str | None = None
    filter: int | None = None
    prefix: str | None = None
    reference: str | None = None
    date: tuple[str, str] | None = None
    hostname: str | None = None

    @property
    def uri(self) -> str | None:
        """The pure identity URI; None for '+' schemes. Source: TDS 6.3."""
        return None if self.prefix is None else f"urn:epc:id:{self.kind.value}:{self._urn_body()}"

    @property
    def tag_uri(self) -> str | None:
        """The EPC Tag URI; None for '+' schemes. Source: TDS 12.3."""
        if self.prefix is None:
            return None
        control = "" if self.filter is None else f"{self.filter}."
        return f"urn:epc:tag:{self.scheme}:{control}{self._urn_body()}"

    @property
    def element_string(self) -> str | None:
        """The GS1 element string with its AIs in brackets; None for GID."""
        if self.kind is Kind.GID:
            return None
        serial_ai = _SERIAL_AI.get(self.kind)
        separator = f"({serial_ai})" if serial_ai else ""
        dated = f"({self.date[0]}){self.date[1]}" if self.date else ""
        return f"({_KEY_AI[self.kind]}){self.key}" + (separator + self.serial if self.serial else "") + dated

    @property
    def digital_link(self) -> str | None:
        """The canonical GS1 Digital Link, a DSGTIN's date as its query; None for GID. Source: TDS Annex E.3."""
        if self.kind is Kind.GID:
            return None
        serial_ai = _SERIAL_AI.get(self.kind)
        separator = f"/{serial_ai}/" if serial_ai else ""
        dated = f"?{self.date[0]}={self.date[1]}" if self.date else ""
        path = link_escaped(self.key) + (separator + link_escaped(self.serial) if self.serial else "")
        return f"https://id.gs1.org/{_KEY_AI[self.kind]}/{path}{dated}"

    def _urn_body(self) -> str:
        parts = [self.prefix or "", urn_escaped(self.reference or "")]
        if self.serial is not None:
            parts.append(urn_escaped(self.serial))
        elif self.kind is Kind.SGLN:
            parts.append("0")  # TDS 6.3.3: an SGLN without extension says so
        return ".".join(parts)
