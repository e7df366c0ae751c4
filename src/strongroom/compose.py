"""The one file that chooses implementations and joins them.

It alone knows both sides: the verbs, which know interfaces, and the servers and storages behind
them. A new kind of server is one folder in ``sources`` and one line here.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from strongroom.clock import Clock, SystemClock
from strongroom.errors import OperatorError
from strongroom.operations.interfaces import Server
from strongroom.pace.retry import Gates
from strongroom.service.application import Application
from strongroom.service.callers import Caller
from strongroom.service.details import EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import Ports
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend
from strongroom.vault.credential_key import CREDENTIAL_NAME, CredentialKey
from strongroom.vault.key_holder import KeyHolder
from strongroom.vault.keyring_key import KeyringKey
from strongroom.vault.service_key import FileKey

KEY_VARIABLE = "STRONGROOM_SERVICE_KEY"


def open_application(
    home: Path, ports: Ports | None = None, *, caller: Caller | None = None
) -> Application:
    """Open a home with everything behind it.

    Args:
        home: The home directory; made if it is missing.
        ports: The outside; None: the real one (see ``real_ports``).
        caller: Who calls; None: the account that this process runs as.
    """
    _leave_no_core()
    return Application(home, ports or real_ports(), caller=caller, key_holder=key_holder(home))


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


def _leave_no_core() -> None:
    """Let no core dump be written: it would hold whatever was unsealed."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def real_ports(clock: Clock | None = None) -> Ports:
    """Join the verbs with real servers, real storages and the machine's clock."""
    chosen = clock or SystemClock()
    gates = Gates(chosen)
    return Ports(
        open_server=lambda details: open_server(details, chosen, gates),
        open_backend=open_backend,
        normal_url=normal_url,
        clock=chosen,
    )


def open_server(details: ConnectionDetails, clock: Clock, gates: Gates | None = None) -> Server:
    """Make ready to speak with the kind of server that a connection is of.

    Args:
        details: Where, and who we are there.
        clock: Time.
        gates: Those of this process, so that all runs together stay within a server's slots.
    """
    if details.kind == EXCHANGE_ONPREM:
        return _open_exchange_onprem(details, clock, gates or Gates(clock))
    raise OperatorError(
        f"Connections of the kind '{details.kind}' are not known.",
        hint="A newer Strongroom made it; use that one.",
    )


def _open_exchange_onprem(details: ConnectionDetails, clock: Clock, gates: Gates) -> Server:
    # Loaded here: most commands speak with no server, and XML and HTTP take a while to load.
    from strongroom.sources.exchange_onprem import server  # noqa: PLC0415
    from strongroom.wire.sign_in import BasicSignIn  # noqa: PLC0415
    from strongroom.wire.tls import Trust  # noqa: PLC0415

    return server.open_server(
        details.server,
        BasicSignIn(details.user, details.secret("password").reveal()),
        clock=clock,
        trust=Trust(ca_pem=details.ca_pem),
        access=details.access,
        gates=gates,
    )


def open_backend(url: str) -> BlobBackend:
    """Open the place that a storage's URL names.

    Raises:
        OperatorError: it is of a kind that is not known.
    """
    return FileBackend(_directory(url))


def normal_url(url: str) -> str:
    """Write the URL of a storage in the one form that is kept: ``file:///absolute/directory``.

    Raises:
        OperatorError: it is of a kind that is not known.
    """
    return _directory(url).absolute().as_uri()


def _directory(url: str) -> Path:
    """Read a directory's path or ``file://`` URL. A drive letter is no scheme."""
    if not url.strip():
        # An empty path would be the directory that we happen to be in.
        raise OperatorError("The storage's place is empty.", hint="Give a directory.")
    parts = urlsplit(url)
    if len(parts.scheme) <= 1:
        return Path(url)
    if parts.scheme == "file" and not parts.netloc:
        return Path(unquote(parts.path))
    raise OperatorError(
        "This kind of storage is not known.",
        why=f"{parts.scheme}:// is neither a directory nor file://.",
        hint="Give a directory of this machine.",
    )
