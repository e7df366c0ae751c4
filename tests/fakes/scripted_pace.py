"""A pace that reports what a test says."""

from __future__ import annotations

from typing import Any

from strongroom.pace.pace import Pace
from strongroom.words.pace import PaceReport
from tests.fakes.hand_clock import HandClock


class ScriptedPace(Pace):
    """Takes every request as the real one does, and reports what ``say`` said last."""

    def __init__(self, **figures: Any) -> None:
        super().__init__(HandClock())
        self.say(**figures)

    def say(self, **figures: Any) -> None:
        """Say what is reported from now on (see ``PaceReport``)."""
        said: dict[str, Any] = {"server": "mail.example", "slots": 1, **figures}
        self._said = PaceReport(**said)

    def report(self) -> PaceReport:
        return self._said
