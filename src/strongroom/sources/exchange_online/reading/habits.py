"""What is known of how Graph behaves where its documentation is silent; shared by a connection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Habits:
    """Found out by asking. Safe in many threads: each value is written once.

    Attributes:
        expands_in_delta: Lists of changes tell extended properties; None: not found out.
    """

    expands_in_delta: bool | None = None
