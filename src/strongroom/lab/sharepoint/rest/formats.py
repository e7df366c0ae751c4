"""The three ways to write JSON, and which of them somebody asks for.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomrest
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Format(Enum):
    """How an answer is written."""

    VERBOSE = "verbose"
    MINIMAL = "minimalmetadata"
    NONE = "nometadata"

    @property
    def content_type(self) -> str:
        """What an answer's header says."""
        if self is Format.VERBOSE:
            return "application/json;odata=verbose;charset=utf-8"
        return f"application/json;odata={self.value};streaming=true;charset=utf-8"


def format_of(headers: Mapping[str, str]) -> Format | None:
    """Say which form a request accepts; None: none that is JSON.

    Whoever names no form at all gets the plainest, where a real server would answer in Atom:
    nobody who is served here reads that.
    """
    accepted = headers.get("accept", "").replace(" ", "").casefold()
    if accepted in {"", "*/*"}:
        return Format.NONE
    for one in accepted.split(","):
        kind, *parameters = one.split(";")
        if kind not in {"application/json", "*/*"}:
            continue
        wanted = {key: value for key, _, value in (each.partition("=") for each in parameters)}
        # Without a word about metadata there is the least of it that describes types.
        return _named(wanted.get("odata", "minimalmetadata"))
    return None


def _named(name: str) -> Format | None:
    # Full metadata is the least that has all we can give.
    wanted = "minimalmetadata" if name == "fullmetadata" else name
    return next((one for one in Format if one.value == wanted), None)
