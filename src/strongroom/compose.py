"""The one file that chooses implementations and joins them.

It alone knows both sides: the verbs, which know interfaces, and the servers and storages behind
them. A new kind of server is one folder in ``sources`` and one line here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from strongroom.clock import Clock, SystemClock
from strongroom.errors import OperatorError
from strongroom.operations.interfaces import Server
from strongroom.pace.retry import Gates
from strongroom.service.application import Application
from strongroom.service.callers import Caller
from strongroom.service.details import EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import Confirm, FoundServer, Ports
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend
from strongroom.vault.credential_key import CREDENTIAL_NAME, CredentialKey
from strongroom.vault.key_holder import KeyHolder
from strongroom.vault.keyring_key import KeyringKey
from strongroom.vault.service_key import FileKey

if TYPE_CHECKING:  # loaded when a server is spoken with
    from strongroom.wire.sign_in import ConnectionSignIn, SignIn

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
        find_server=lambda details, confirm: find_server(details, confirm, chosen),
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
    from strongroom.wire.tls import Trust  # noqa: PLC0415

    return server.open_server(
        details.server,
        _sign_in(details),
        clock=clock,
        trust=Trust(ca_pem=details.ca_pem),
        access=details.access,
        gates=gates,
    )


def _sign_in(details: ConnectionDetails) -> SignIn | ConnectionSignIn:
    """Make ready to prove who we are.

    Raises:
        OperatorError: this way is for another kind of server.
    """
    from strongroom.wire.sign_in import BasicSignIn  # noqa: PLC0415 - see above

    password = details.secret("password").reveal()
    if details.auth == "basic":
        return BasicSignIn(details.user, password)
    # Loaded here: cryptography for old protocols, which most connections need not.
    from strongroom.wire.sign_in import windows  # noqa: PLC0415

    if details.auth == "ntlm":
        return windows.NtlmSignIn(details.user, password)
    if details.auth == "kerberos":
        return windows.KerberosSignIn(details.user, password)
    raise OperatorError(
        f"An Exchange Server knows no sign-in by {details.auth}.",
        hint="It is basic, ntlm or kerberos.",
    )


def find_server(details: ConnectionDetails, confirm: Confirm, clock: Clock) -> FoundServer:
    """Look up the Exchange server of an address by Autodiscover.

    Args:
        details: With the address in ``autodiscover``, and in ``server`` a server that may be asked
            first, if somebody knows one.
        confirm: Asks a person.
        clock: Time.

    Raises:
        OperatorError: there is none that may be trusted.
    """
    from strongroom.wire import autodiscover  # noqa: PLC0415 - see above
    from strongroom.wire.http import HttpsClient  # noqa: PLC0415
    from strongroom.wire.sign_in import ConnectionSignIn  # noqa: PLC0415
    from strongroom.wire.tls import Trust  # noqa: PLC0415
    from strongroom.wire.transport import Transport  # noqa: PLC0415

    trust = Trust(ca_pem=details.ca_pem)
    sign_in = _sign_in(details)
    named = details.server if "://" in details.server else f"https://{details.server}"
    with HttpsClient(clock=clock, trust=trust) as http:
        found = autodiscover.discover(
            details.autodiscover,
            http=http,
            sign_in=autodiscover.ConnectionAuthenticator(
                sign_in,
                open_transport=lambda url, who: Transport(url, who, clock=clock, trust=trust),
            )
            if isinstance(sign_in, ConnectionSignIn)
            else autodiscover.HeaderAuthenticator(sign_in, scheme="Basic", http=http),
            ways=autodiscover.Ways(
                dns=autodiscover.DnsServiceRecords(),
                plain=autodiscover.PlainGet(),
                named=[named] if details.server else [],
                # An on-premises mailbox: Microsoft's own service need not learn its address.
                microsoft_host=None,
            ),
            confirm=lambda question: confirm(str(question), question.cautions),
        )
    return FoundServer(server=found.ews_url, attempts=[str(one) for one in found.attempts])


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
