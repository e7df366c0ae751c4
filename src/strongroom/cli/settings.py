"""What holds for every command: the home, the reason, and whether to answer in JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded only by commands that do something: `--help` stays quick
    from strongroom.service.application import Application

HOME_VARIABLE = "STRONGROOM_HOME"
WHY_VARIABLE = "STRONGROOM_WHY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was given before or after the command's name.

    Attributes:
        home: The home directory, or None for the usual one.
        is_json: Answer with one JSON document on standard output.
        why: Why the command is given, for the audit log; None: as the environment says.
    """

    home: Path | None = None
    is_json: bool = False
    why: str | None = None

    def merged(self, *, home: Path | None, is_json: bool, why: str | None) -> Settings:
        """Add what was given after the command's name; it wins."""
        return Settings(
            home=home or self.home,
            is_json=is_json or self.is_json,
            why=self.why if why is None else why,
        )

    def application(self) -> Application:
        """Give the verbs of the home, wherever they are. Use it as a context manager.

        Raises:
            OperatorError, IntegrityError: the home cannot be used.
        """
        from strongroom.cli import routing  # noqa: PLC0415 - see above

        return routing.open_verbs(self.chosen_home(), why=self.reason())

    def chosen_home(self) -> Path:
        """Say which home it is."""
        return self.home or usual_home()

    def reason(self) -> str:
        """Say why the command is given."""
        return os.environ.get(WHY_VARIABLE, "") if self.why is None else self.why


def usual_home() -> Path:
    """Say where the home is when nobody says otherwise."""
    given = os.environ.get(HOME_VARIABLE)
    if given:
        return Path(given)
    import platformdirs  # noqa: PLC0415 - not needed by those who name a home

    return Path(platformdirs.user_data_dir("strongroom", appauthor=False))
