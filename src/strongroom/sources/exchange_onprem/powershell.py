"""Names in commands that a person pastes into the Exchange Management Shell."""

from __future__ import annotations

from strongroom.words.powershell import quoted

__all__ = ["quoted"]
