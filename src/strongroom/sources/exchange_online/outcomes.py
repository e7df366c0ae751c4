"""Short ways to say what a test found of one right."""

from __future__ import annotations

import re

from strongroom.errors import StrongroomError, TransientError
from strongroom.words.capability import Capability, CapabilityOutcome

PROVED, MISSING = CapabilityOutcome.PROVED, CapabilityOutcome.MISSING
UNKNOWN, NOT_APPLICABLE = CapabilityOutcome.UNKNOWN, CapabilityOutcome.NOT_APPLICABLE

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,80}")


def found(name: str, outcome: CapabilityOutcome, detail: str, remedy: str = "") -> Capability:
    """Say what was found."""
    return Capability(name=name, outcome=outcome, detail=detail.strip(), remedy=remedy)


def said(error: StrongroomError) -> str:
    """Tell the server's code if there is one that looks like one; its words stay out."""
    code = getattr(error, "code", "")
    return f"The server says {code}." if _CODE.fullmatch(code) else ""


def not_tried(names: tuple[str, ...], why: str) -> list[Capability]:
    """Say of several that they were not tried."""
    return [found(name, UNKNOWN, f"Not tried: {why}") for name in names]


def not_known(name: str, error: StrongroomError) -> Capability:
    """Say of one that trying it led to nothing."""
    if isinstance(error, TransientError):
        raise error
    told = said(error) or f"The request failed ({type(error).__name__})."
    return found(name, UNKNOWN, f"It could not be tried to the end. {told}")
