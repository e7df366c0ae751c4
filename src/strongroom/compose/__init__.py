"""The one room that chooses implementations and joins them.

It alone knows both sides: the verbs, which know interfaces, and the servers and storages behind
them. A new kind of server is one folder in ``sources``, one file here, and one line in ``servers``.
"""

from __future__ import annotations

import os
from pathlib import Path

from strongroom.clock import Clock, SystemClock
from strongroom.compose.diagnosing import lines, look
from strongroom.compose.engine import durable
from strongroom.compose.finding import find_server
from strongroom.compose.object_locks import open_retention
from strongroom.compose.servers import open_server
from strongroom.compose.storages import normal_url, open_backend
from strongroom.compose.tenants import with_tenants
from strongroom.control.notices import HomeNotices
from strongroom.errors import OperatorError
from strongroom.pace.paces import Paces
from strongroom.service.application import Application
from strongroom.service.callers import Caller
from strongroom.service.ports import Ports
from strongroom.vault import core_dumps
from strongroom.vault.credential_key import CREDENTIAL_NAME, CredentialKey
from strongroom.vault.key_holder import KeyHolder
from strongroom.vault.keyring_key import KeyringKey
from strongroom.vault.service_key import FileKey
from strongroom.wire.posting.post import AppriseOffice
from strongroom.wire.syslog import open_sink

__all__ = [
    "KEY_VARIABLE",
    "find_server",
    "key_holder",
    "normal_url",
    "open_application",
    "open_backend",
    "open_server",
    "real_ports",
]

KEY_VARIABLE = "STRONGROOM_SERVICE_KEY"


def open_application(
    home: Path, ports: Ports | None = None, *, caller: Caller | None = None, why: str = ""
) -> Application:
    """Open a home with everything behind it.

    Args:
        home: The home directory; made if it is missing.
        ports: The outside; None: the real one (see ``real_ports``).
        caller: Who calls; None: the account that this process runs as.
        why: Why they call, for the audit log.
    """
    core_dumps.leave_none()
    return Application(
        home, ports or real_ports(), caller=caller, why=why, key_holder=key_holder(home)
    )


def key_holder(home: Path) -> KeyHolder:
    """Choose where the service key is kept: a credential if there is one, else as asked for.

    Raises:
        OperatorError: what was asked for is not known.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / CREDENTIAL_NAME).exists():
        return CredentialKey(Path(folder) / CREDENTIAL_NAME)
    wanted = os.environ.get(KEY_VARIABLE, "file")
    if wanted == "file":
        return FileKey(home)
    if wanted == "keyring":
        import keyring  # noqa: PLC0415 - it looks for its back ends when it is loaded

        return KeyringKey(keyring, str(home.absolute()))
    raise OperatorError(
        f"{KEY_VARIABLE} names no place for the service key.",
        hint="It may be 'file' (in the home) or 'keyring' (the operating system's).",
    )


def real_ports(clock: Clock | None = None) -> Ports:
    """Join the verbs with real servers, real storages and the machine's clock."""
    chosen = clock or SystemClock()
    notices = HomeNotices(chosen)
    paces = Paces(chosen, notices=notices)
    ports = Ports(
        open_server=lambda details, use: open_server(details, use, chosen, paces),
        find_server=lambda details, confirm: find_server(details, confirm, chosen),
        open_backend=lambda url, access: open_backend(url, access, chosen),
        open_retention=open_retention,
        durable=durable,
        normal_url=normal_url,
        look=lambda details: look(details, chosen),
        lines=lambda details: lines(details, chosen),
        open_sink=open_sink,
        office=AppriseOffice(chosen),
        clock=chosen,
        share_waits=notices.use,
    )
    return with_tenants(ports, chosen)
