"""The service key as a credential of the service manager: read, never written.

systemd decrypts it for the service alone (``LoadCredentialEncrypted=strongroom.service-key:…``) and
takes it away when the service ends, so it never lies readable on the disk.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.sealing import KEY_BYTES

CREDENTIAL_NAME = "strongroom.service-key"


@dataclass(frozen=True, slots=True)
class CredentialKey:
    """Takes the service key from the service manager (see ``vault.key_holder.KeyHolder``).

    Attributes:
        file: The credential's file, in the directory that the service manager named.
    """

    file: Path

    @property
    def place(self) -> str:
        """Say where it is, for messages."""
        return f"credential {CREDENTIAL_NAME}"

    def load(self) -> bytes | None:
        """Read the credential."""
        try:
            key = self.file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperatorError(
                f"The {self.place} cannot be read.",
                why=f"{error.strerror}.",
                hint="Look at LoadCredential= of the service.",
            ) from error
        if len(key) != KEY_BYTES:
            raise IntegrityError(
                f"The {self.place} is no service key.",
                why=f"It should hold exactly {KEY_BYTES} bytes.",
                hint=f"Make one with: head -c {KEY_BYTES} /dev/urandom | systemd-creds encrypt - …",
            )
        return key

    def create(self) -> bytes:
        """Refuse: the service manager makes it."""
        raise self._is_read_only()

    def stage(self, key: bytes) -> None:
        """Refuse: only who manages the service can change it."""
        del key
        raise self._is_read_only()

    def staged(self) -> bytes | None:
        """Say that there is none; a credential that follows this one comes with a restart."""
        return None

    def promote(self) -> None:
        """Refuse: only who manages the service can change it."""
        raise self._is_read_only()

    def discard_staged(self) -> None:
        """Do nothing: there is none."""

    def _is_read_only(self) -> OperatorError:
        return OperatorError(
            f"The service key cannot be changed here: it is the {self.place}.",
            why="The service manager hands it over, and we can only read it.",
            hint="Start once without the credential and with the key in the home's service.key, "
            f"rotate it there, and make the credential anew from that file ({os.fspath(self.file)} "
            "is where it is handed over).",
        )
