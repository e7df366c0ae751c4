"""A connection's details: what the vault seals as one record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from strongroom.errors import OperatorError
from strongroom.vault.secret import Secret

EXCHANGE_ONPREM = "exchange-onprem"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDetails:
    """Where a secret goes, and the secret.

    Attributes:
        kind: Kind of server (``exchange-onprem``).
        server: Host name or URL.
        user: Who signs in.
        password: Their password.
        auth: How (``basic``).
        access: How other people's mailboxes are opened: ``impersonation`` or ``delegate``.
        ca_pem: Certificates of the authority to trust instead of the system's, as PEM text; or
            None.
    """

    kind: str
    server: str
    user: str
    password: Secret
    auth: str
    access: str
    ca_pem: str | None = None

    def __post_init__(self) -> None:
        if ":" in self.user:
            raise OperatorError(
                "This user name cannot be used to sign in.",
                why="Basic sign-in has no place for a colon in it.",
                hint="Give it as user@domain or DOMAIN\\user.",
            )
        if "@" in self._authority:
            raise OperatorError(
                "The server's address holds a user name or a password.",
                why="Addresses are shown in lists and messages; secrets never are.",
                hint="Give the address alone, --user, and --account-password-file.",
            )

    @property
    def server_key(self) -> str:
        """What tells this server from others: host and port, in small letters."""
        return self._authority.lower().rstrip(".").removesuffix(":443").rstrip(".")

    @property
    def _authority(self) -> str:
        rest = self.server.partition("://")[2] or self.server
        return rest.replace("?", "/").replace("#", "/").partition("/")[0]

    def to_bytes(self) -> bytes:
        """Give the record that is sealed: UTF-8 JSON, secret included."""
        document = {
            "kind": self.kind,
            "server": self.server,
            "user": self.user,
            "password": self.password.reveal(),
            "auth": self.auth,
            "access": self.access,
            "ca_pem": self.ca_pem,
        }
        return json.dumps(document).encode()

    @classmethod
    def from_bytes(cls, record: bytes) -> ConnectionDetails:
        """Read what ``to_bytes`` wrote."""
        document: dict[str, Any] = json.loads(record)
        return cls(**{**document, "password": Secret(document["password"])})
