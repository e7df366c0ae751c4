"""A hostile server that really listens: whoever leads a connection there brings it no secret.

It has a certificate that every connection here believes, so nothing but the rules keeps secrets
from it. What an administrator gives it anew, for it, is theirs to give.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import trustme

from strongroom import compose
from strongroom.errors import IntegrityError, OperatorError, StrongroomError
from strongroom.service import kinds
from strongroom.service.application import Application
from strongroom.service.connection_views import ConnectionEdit
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    SECRETS,
    SHAREPOINT_ONLINE,
    ConnectionDetails,
)
from strongroom.vault.secret import Secret
from tests.fakes.canned_server import CannedServer, http
from tests.fakes.marked import marks_in
from tests.secrecy import homes

REFUSAL = http(b"", status="401 Unauthorized", headers=[("WWW-Authenticate", "Basic"),
               ("WWW-Authenticate", "NTLM"), ("WWW-Authenticate", "Negotiate")])  # fmt: skip
NAMES = sorted(homes.everything())
NOT_TO_BE_SEEN = {"kerberos", "browser", "device-code"}
"""Nobody is asked without a ticket, nor without a token that can be read."""


class Hostile:
    """A listening server and what reached it."""

    def __init__(self, server: CannedServer) -> None:
        self._server = server

    @property
    def origin(self) -> str:
        return f"https://localhost:{self._server.port}"

    @property
    def connections(self) -> int:
        """How often somebody connected, were it only to look at its certificate."""
        return len(self._server._threads) - 1

    def secrets(self) -> list[str]:
        everything = repr(self._server.seen).encode()
        return list(marks_in(everything))


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def honest(authority: trustme.CA) -> Iterator[Hostile]:
    """Give the connection's own server: it answers too, so that it can be seen to be asked."""
    with CannedServer([REFUSAL], authority=authority) as server:
        yield Hostile(server)


@pytest.fixture
def hostile(authority: trustme.CA) -> Iterator[Hostile]:
    with CannedServer([REFUSAL], authority=authority) as server:
        yield Hostile(server)


@pytest.fixture
def application(
    new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    # Kerberos would ask the DNS, and so somebody else, who knows the realm.
    (tmp_path / "krb5.conf").write_text("[libdefaults]\ndns_lookup_kdc = false\n")
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    with compose.open_application(new_home) as opened:
        yield opened


def leading_to(place: Hostile, details: ConnectionDetails, ca: trustme.CA) -> ConnectionDetails:
    """Give the same details, with every address that it has at one server."""
    changed: dict[str, Any] = {"ca_pem": ca.cert_pem.bytes().decode()}
    if details.server:
        changed["server"] = f"{place.origin}/EWS/Exchange.asmx"
    if details.url:
        changed["url"] = f"{place.origin}/sites/hr"
    if details.kind in {EXCHANGE_ONLINE, SHAREPOINT_ONLINE}:
        changed["endpoints"] = endpoints(place)
    return replace(details, **changed)


def endpoints(place: Hostile) -> dict[str, str]:
    return {"authority": f"{place.origin}/entra", "graph": f"{place.origin}/graph",
            "ews": f"{place.origin}/EWS/Exchange.asmx", "sharepoint": place.origin}  # fmt: skip


def misleading(place: Hostile, details: ConnectionDetails) -> dict[str, Any]:
    """Say what an edit would change to lead a connection to another server."""
    changed = leading_to(place, details, trustme.CA())
    return {
        field: getattr(changed, field)
        for field in ("server", "url", "endpoints")
        if getattr(changed, field) != getattr(details, field)
    }


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_done_to_a_connection_nothing_of_it_reaches_another_server(
    name: str, application: Application, honest: Hostile, hostile: Hostile, authority: trustme.CA
) -> None:
    connections = application.connections
    given = leading_to(honest, homes.everything()[name], authority)
    connections.add(name, given)
    use(application, name)
    assert given.auth in NOT_TO_BE_SEEN or honest.connections > 0, "it is used, as far as it goes"
    change = misleading(hostile, given)

    # The database says that it leads elsewhere.
    with application._shared.database.write() as db:
        shown = json.dumps({**change, "auth": "basic", "cloud": "china", "is_guarded": False})
        db.execute(sa.text("UPDATE connections SET shown = :shown"), {"shown": shown})
    use(application, name)

    # Another connection of the attacker's, and its sealed boxes put in the place of this one.
    theirs = replace(given, **change, **mine(given))
    connections.add("theirs", theirs)
    before, other = connections.record(name), connections.record("theirs")
    for boxes in (other, before):
        with application._shared.database.write() as db:
            db.execute(
                sa.text("UPDATE connections SET sealed = :a, wrapped_key = :b WHERE id = :id"),
                {"a": boxes.sealed, "b": boxes.wrapped_key, "id": before.id},
            )
        if boxes is other:
            with pytest.raises(IntegrityError):
                connections.test(name)
    assert hostile.connections == 0

    # An edit that brings no secret: refused, or the person who signed in has to do it again.
    if given.auth in kinds.BY_PERSON:
        assert connections.edit(name, ConnectionEdit(**change)).secrets == ()
    else:
        with pytest.raises(OperatorError, match="again"):
            connections.edit(name, ConnectionEdit(**change))
    use(application, name)
    assert hostile.secrets() == []

    # One that brings the attacker's own: that goes there, and nothing else does.
    connections.edit(name, ConnectionEdit(**change, **mine(given)))
    use(application, name)
    assert hostile.secrets() == []
    for secret in (one for one in SECRETS if getattr(given, one) is not None):
        kept = getattr(connections.details(connections.record(name)), secret)
        assert kept is None or kept == mine(given)[secret]


def test_the_server_that_is_meant_is_asked_and_the_hostile_one_would_count_it(
    application: Application, honest: Hostile, hostile: Hostile, authority: trustme.CA
) -> None:
    details = leading_to(honest, homes.everything()["exchange-onprem basic password"], authority)
    application.connections.add("office", details)
    use(application, "office")
    assert honest.connections > 0
    assert honest.secrets() != [], "Basic sends the password to its own server"
    application.connections.add("led astray", leading_to(hostile, details, authority))
    use(application, "led astray")
    assert hostile.secrets() != []


def mine(details: ConnectionDetails) -> dict[str, Any]:
    """Give the attacker's own secret, of the kind that the connection signs in with."""
    (proof,) = (one for one in kinds.proofs_of(details) if one in SECRETS)
    own: dict[str, Any] = {proof: Secret("of the attacker's own")}
    if details.restore_client_id:
        own["restore_certificate"] = Secret("of the attacker's own")
    return own


def use(application: Application, name: str) -> None:
    for verb in (application.connections.test, application.connections.resources):
        with contextlib.suppress(StrongroomError):
            verb(name)


def test_a_probe_goes_to_the_place_that_it_names_with_what_it_brings(
    application: Application, hostile: Hostile, authority: trustme.CA
) -> None:
    application.connections.add("office", homes.everything()["exchange-onprem basic password"])
    details = leading_to(hostile, homes.everything()["exchange-onprem basic password"], authority)
    with pytest.raises(StrongroomError):
        application.connections.probe(replace(details, password=Secret("guess")))
    assert hostile.connections > 0
    assert hostile.secrets() == []
