"""What a connection's details say of the way to an Exchange Server is what is done."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.errors import OperatorError, ServerUnreachable
from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.lab.quirks import Quirks
from strongroom.service.details import EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.vault.secret import Secret
from tests.fakes.kdc import Kdc, kdc, missing
from tests.fakes.tunnel import tunnel
from tests.wire_autodiscover.forest import URL, Forest, Point

MAILBOX = "empty@lab.example"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=5)) as running:
        yield running


@pytest.fixture(autouse=True)
def hostile_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment name a proxy where nobody is: whoever looks there gets nowhere."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def to_lab(lab: Lab, **given: object) -> ConnectionDetails:
    usual = ConnectionDetails(
        kind=EXCHANGE_ONPREM,
        server=lab.ews_url,
        user=ADMINISTRATOR,
        password=Secret(lab.admin_password),
        ca_pem=lab.ca_pem.decode(),
    )
    return replace(usual, **given)  # type: ignore[arg-type]


def product_of(details: ConnectionDetails) -> object:
    server = compose.open_server(details, Use(purpose=Purpose.TEST), SystemClock())
    try:
        return server.facts()["product"]
    finally:
        server.close()


def test_the_one_certificate_that_was_named_is_believed_and_no_other(lab: Lab) -> None:
    shown = hashlib.sha256(lab.server.authority.certificate_der).hexdigest()
    by_it = to_lab(lab, ca_pem=None, fingerprint=shown)
    assert product_of(by_it) == "Exchange Server"
    with pytest.raises(ServerUnreachable, match="not the one that was named"):
        product_of(replace(by_it, fingerprint="ab" * 32))


def test_an_address_is_used_where_the_certificate_has_another_name(lab: Lab) -> None:
    at = lab.ews_url.replace("localhost", "127.0.0.1")
    assert product_of(to_lab(lab, server=at, certificate_name="localhost")) == "Exchange Server"
    with pytest.raises(ServerUnreachable, match="for another name"):
        product_of(to_lab(lab, server=at, certificate_name="mail.example"))


def test_everything_goes_through_the_proxy_and_nothing_around_it(lab: Lab) -> None:
    with tunnel() as proxy:
        assert product_of(to_lab(lab, proxy=proxy.url)) == "Exchange Server"
        searched = to_lab(lab, proxy=proxy.url, autodiscover=MAILBOX)
        found = compose.find_server(searched, lambda *_: False, SystemClock())
        assert found.server == lab.ews_url
        there = {one.split()[1] for one in proxy.asked}
        assert there == {lab.url.removeprefix("https://")}
        assert len(proxy.asked) >= 2, "for EWS, and for Autodiscover"
    with pytest.raises(ServerUnreachable):
        product_of(to_lab(lab, proxy=proxy.url))


def test_the_directory_is_asked_and_signed_in_to_as_the_connection_is(lab: Lab) -> None:
    point = Point([URL], f"{lab.url}/autodiscover/autodiscover.xml")
    with Forest(lab.server.authority) as forest:
        forest.points.append(point)
        forest.passwords[ADMINISTRATOR] = lab.admin_password
        asked = to_lab(lab, server="", autodiscover=MAILBOX, directory=f"localhost:{forest.port}")
        found = compose.find_server(asked, lambda *_: False, SystemClock())
        assert found.server == lab.ews_url
        assert forest.binds == [("simple", lab.admin_password.encode())]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as running:
        running.add_person("backup-service", "wide-open")
        running.add_server("HTTP/localhost")
        yield running


@pytest.mark.skipif(
    bool(missing()), reason=f"{missing()} not here: sign-in by Kerberos is NOT SHOWN"
)
def test_kerberos_takes_a_key_table_or_the_tickets_of_this_machine_and_no_password(
    lab: Lab, centre: Kdc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in centre.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lab.server.exchange, "quirks", Quirks(sign_in_schemes=("Negotiate",)))
    table = centre.key_table_of("backup-service", tmp_path / "table")
    kept = Secret(base64.b64encode(table).decode())
    by_table = to_lab(lab, auth="kerberos", password=None, keytab=kept)
    assert product_of(by_table) == "Exchange Server"
    by_tickets = replace(by_table, keytab=None, user="", uses_tickets=True)
    with pytest.raises(OperatorError, match="no ticket"):
        product_of(by_tickets)
    centre.sign_in("backup-service", "wide-open")
    assert product_of(by_tickets) == "Exchange Server"
    with pytest.raises(OperatorError, match="has no password"):
        product_of(replace(by_table, keytab=None))
