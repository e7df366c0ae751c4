"""What a test of a connection says about one thing that jobs will need of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CapabilityOutcome(StrEnum):
    """What is known about a capability after the test. The values are shown to scripts."""

    PROVED = "proved"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One capability: whether it is there, and if not, how to get it.

    Attributes:
        name: Stable, for scripts: ``sign-in``, ``impersonation``, ``export``, ``site-access``,
            ``public-folders``, …
        outcome: What the test found. *unknown* says that it could not be tried.
        detail: What was tried and answered, for a person. Never holds a secret or a body that the
            server sent.
        remedy: The exact command or portal step that grants it; empty if nothing is missing.
    """

    name: str
    outcome: CapabilityOutcome
    detail: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.remedy and self.outcome is CapabilityOutcome.PROVED:
            raise ValueError("what is proved needs no remedy")
