"""Connections of every kind: added, shown, changed, and their secrets read from files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strongroom import compose
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Prompt, SignedIn, SignInPrompt
from strongroom.vault.secret import Secret
from tests.cli.conftest import Cli
from tests.fakes.identities import LOCK, identity
from tests.fakes.mail_server import World
from tests.fakes.marked import canary, given

TENANT = ("--tenant", "tenant.example", "--client-id", "client-1")
SITE = ("--url", "https://contoso.sharepoint.com/sites/a")
CLIENT_SECRET = canary("client secret in a file")
CACHE = canary("tokens of a person")
APP_PASSWORD = canary("app password in a file")
FARM = ("--url", "https://farm.example/sites/a", "--user", "backup@lab.example")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Give a folder with everything that a connection may be given."""
    folder = given(tmp_path / "given")
    folder.mkdir()
    mine = identity()
    for name, content in {
        "mine.pem": mine.plain,
        "locked.pem": mine.locked,
        "mine.pfx": mine.pfx,
        "lock": LOCK.encode(),
        "second.pem": identity("second").plain,
        "secret": CLIENT_SECRET.encode() + b"\n",
        "password": b"made-up\n",
        "app": APP_PASSWORD.encode() + b"\n",
        "table": b"\x05\x02 made up",
        "ca.pem": mine.certificate,
        "endpoints.json": b'{"graph": "https://graph.example"}',
    }.items():
        (folder / name).write_bytes(content)
    return folder


def kept(home: Path, world: World, name: str) -> ConnectionDetails:
    with compose.open_application(home, world.ports()) as application:
        return application.connections.details(application.connections.record(name))


def add(cli: Cli, kind: str, *words: object, expect: int = 0) -> Any:
    ended = cli("connection", "add", kind, "mine", *words, "--json", expect=expect)
    return ended.document if expect == 0 else ended


@pytest.mark.parametrize(
    "words",
    [
        ("--certificate", "mine.pem"),
        ("--certificate", "locked.pem", "--certificate-password-file", "lock"),
        ("--certificate", "mine.pfx", "--certificate-password-file", "lock"),
    ],
)
def test_a_tenant_is_added_by_certificate(
    cli: Cli, files: Path, home: Path, world: World, words: tuple[str, ...]
) -> None:
    words = tuple(one if one.startswith("--") else str(files / one) for one in words)
    view = add(cli, "exchange-online", *TENANT, *words)
    assert (view["auth"], view["secrets"]) == ("certificate", ["certificate"])
    sealed = kept(home, world, "mine").secret("certificate").reveal()
    assert sealed.encode() == identity().plain
    assert "PRIVATE KEY" not in json.dumps(view)


def test_a_tenant_is_added_with_all_that_it_may_have(
    cli: Cli, files: Path, home: Path, world: World
) -> None:
    add(
        cli, "exchange-online", *TENANT, "--client-secret-file", files / "secret",
        "--restore-client-id", "client-2", "--restore-certificate", files / "second.pem",
        "--cloud", "china", "--endpoints", files / "endpoints.json",
        "--ca-file", files / "ca.pem", "--proxy", "http://proxy.example:3128",
        "--owner", "entra:t:o", "--owner", "uid:1000", "--password-file", files / "password",
    )  # fmt: skip
    found = kept(home, world, "mine")
    assert (found.auth, found.cloud) == ("client-secret", "china")
    assert found.secret("client_secret").reveal() == CLIENT_SECRET
    assert found.secret("restore_certificate").reveal().encode() == identity("second").plain
    assert found.endpoints == {"graph": "https://graph.example"}
    assert found.proxy == "http://proxy.example:3128"
    assert (found.owners, found.is_guarded) == (("entra:t:o", "uid:1000"), True)
    assert found.ca_pem is not None


def test_a_farm_is_added_by_each_of_its_ways(
    cli: Cli, files: Path, home: Path, world: World
) -> None:
    for auth, words in {
        "ntlm": ("--account-password-file", files / "password"),
        "forms": ("--account-password-file", files / "password"),
        "legacy": ("--app-password-file", files / "app"),
        "kerberos": ("--keytab", files / "table"),
    }.items():
        cli(
            "connection", "add", "sharepoint-onprem", auth, *FARM, "--auth", auth, *words,
            "--certificate-fingerprint", "AB" * 32, "--certificate-name", "farm", expect=0,
        )  # fmt: skip
        found = kept(home, world, auth)
        assert (found.auth, found.fingerprint, found.has_secrets) == (auth, "ab" * 32, True)
    cli(
        "connection", "add", "sharepoint-onprem", "own", *FARM[:2], "--auth", "kerberos",
        "--own-tickets", expect=0,
    )  # fmt: skip
    assert kept(home, world, "own").uses_tickets
    listed = cli("connection", "list", expect=0).stdout
    assert "tickets of this machine" in listed
    assert "https://farm.example/sites/a" in listed


def test_an_app_password_is_taken_with_a_warning(cli: Cli, files: Path) -> None:
    ended = cli(
        "connection", "add", "sharepoint-online", "old", *SITE, "--user", "ann@tenant.example",
        "--auth", "legacy", "--app-password-file", files / "app", expect=0,
    )  # fmt: skip
    assert "never expires" in ended.stderr
    assert APP_PASSWORD not in ended.stdout + ended.stderr


def test_several_tenants_and_servers_stand_side_by_side(cli: Cli, files: Path) -> None:
    by = ("--client-id", "c", "--certificate", files / "mine.pem")
    for tenant in ("one.example", "two.example"):
        cli(
            "connection", "add", "exchange-online", f"mail {tenant}", "--tenant", tenant, *by,
            expect=0,
        )  # fmt: skip
        cli(
            "connection", "add", "sharepoint-online", f"sites {tenant}", "--tenant", tenant, *by,
            *SITE, expect=0,
        )  # fmt: skip
    listed = cli("connection", "list", "--json", expect=0).document
    assert [(one["kind"], one["tenant"]) for one in listed] == [
        ("exchange-online", "one.example"),
        ("exchange-online", "two.example"),
        ("sharepoint-online", "one.example"),
        ("sharepoint-online", "two.example"),
    ]


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("exchange-online", TENANT, "Nobody said who signs in"),
        ("exchange-online", (*TENANT, "--certificate", "gone.pem"), "cannot be read"),
        ("exchange-online", (*TENANT, "--certificate", "secret"), "cannot be used"),
        (
            "exchange-online",
            (*TENANT, "--certificate", "mine.pem", "--client-secret-file", "secret"),
            "Two ways",
        ),
        ("exchange-online", ("--client-id", "c", "--client-secret-file", "secret"), "its tenant"),
        ("exchange-online", ("--tenant", "t", "--client-secret-file", "secret"), "its client id"),
        (
            "sharepoint-online",
            (*TENANT, *SITE, "--client-secret-file", "secret"),
            "Unsupported app only token",
        ),
        ("sharepoint-online", (*TENANT, "--certificate", "mine.pem"), "needs its url"),
        (
            "sharepoint-online",
            (*TENANT, "--url", "https://evil.example", "--certificate", "mine.pem"),
            "not in the tenant's cloud",
        ),
        (
            "sharepoint-onprem",
            (*FARM, "--account-password-file", "password", "--app-password-file", "app"),
            "has no app password",
        ),
        (
            "sharepoint-onprem",
            ("--url", "http://farm.example", "--user", "u", "--account-password-file", "password"),
            "credentials may be sent to",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_plain_words(
    cli: Cli, files: Path, kind: str, words: tuple[str, ...], told: str
) -> None:
    names = {one.name for one in files.iterdir()} | {"gone.pem"}
    typed = [str(files / one) if one in names else one for one in words]
    ended = add(cli, kind, *typed, expect=2)
    assert told in ended.stderr
    assert cli("connection", "list", "--json", expect=0).document == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not one JSON object"),
        (b'{"graph": 5}', "not one JSON object"),
        (b'{"graph": "http://graph.example"}', "credentials may be sent to"),
        (b'{"graf": "https://graph.example"}', "no endpoint called"),
        (b'{"authority": "https://user:pw@login.example"}', "credentials may be sent to"),
    ],
)
def test_a_file_of_endpoints_is_looked_at_before_it_is_used(
    cli: Cli, files: Path, content: bytes, told: str
) -> None:
    (files / "endpoints.json").write_bytes(content)
    ended = add(
        cli, "exchange-online", *TENANT, "--client-secret-file", files / "secret",
        "--endpoints", files / "endpoints.json", expect=2,
    )  # fmt: skip
    assert told in ended.stderr


def test_two_secrets_do_not_come_through_one_standard_input(cli: Cli) -> None:
    ended = add(
        cli, "exchange-online", *TENANT, "--client-secret-file", "-", "--password-file", "-",
        expect=2,
    )  # fmt: skip
    assert "one password only" in ended.stderr


def test_a_locked_key_without_anybody_to_ask_says_which_option(cli: Cli, files: Path) -> None:
    ended = add(cli, "exchange-online", *TENANT, "--certificate", files / "locked.pem", expect=2)
    assert "--certificate-password-file" in ended.stderr


def test_an_edit_to_elsewhere_loses_every_secret_that_is_not_given_again(
    cli: Cli, files: Path, home: Path, world: World
) -> None:
    add(
        cli, "exchange-online", *TENANT, "--certificate", files / "mine.pem",
        "--restore-client-id", "client-2", "--restore-certificate", files / "second.pem",
    )  # fmt: skip
    away = ("connection", "edit", "mine", "--tenant", "evil.example")
    refused = cli(*away, expect=2)
    assert "--certificate" in refused.stderr
    assert kept(home, world, "mine").tenant == "tenant.example"
    (files / "evil.json").write_text('{"authority": "https://evil.example"}')
    assert cli("connection", "edit", "mine", "--endpoints", files / "evil.json").code == 2
    view = cli(*away, "--certificate", files / "second.pem", "--json", expect=0).document
    assert view["secrets"] == ["certificate"]
    assert kept(home, world, "mine").secret("certificate").reveal().encode() == (
        identity("second").plain
    )


def test_an_edit_changes_the_way_to_sign_in_and_takes_things_away(
    cli: Cli, files: Path, home: Path, world: World
) -> None:
    add(
        cli, "exchange-online", *TENANT, "--certificate", files / "mine.pem",
        "--ca-file", files / "ca.pem", "--proxy", "http://proxy.example:3128",
    )  # fmt: skip
    view = cli(
        "connection", "edit", "mine", "--client-secret-file", files / "secret", "--proxy", "",
        "--no-ca-file", "--json", expect=0,
    ).document  # fmt: skip
    assert (view["auth"], view["secrets"]) == ("client-secret", ["client_secret"])
    assert (view["proxy"], view["has_own_ca"]) == ("", False)
    ended = cli("connection", "edit", "mine", "--server", "mail.example", expect=2)
    assert "has no server" in ended.stderr
    assert kept(home, world, "mine").server == ""


def test_a_person_is_signed_in_whenever_the_option_says_so(
    cli: Cli, home: Path, world: World, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []

    def sign_in(asked: ConnectionDetails, prompt: Prompt) -> SignedIn:
        signed.append(asked.auth)
        prompt(SignInPrompt(way=asked.auth, url="https://login.example/x", code="", lasts_s=600))
        return SignedIn(token_cache=Secret(CACHE), user="ann@example", owner="entra:t:o")

    ports = replace(world.ports(), sign_in_person=sign_in)
    monkeypatch.setattr(compose, "real_ports", lambda clock=None: ports)
    added = cli(
        "connection", "add", "exchange-online", "mine", *TENANT, "--sign-in", "device-code",
        "--json", expect=0,
    )  # fmt: skip
    assert "https://login.example/x" in added.stderr
    assert (added.document["owners"], added.document["user"]) == (["entra:t:o"], "ann@example")
    again = ("connection", "edit", "mine", "--sign-in", "device-code")
    cli(*again, expect=0)
    assert "ann@example" in cli("connection", "list", expect=0).stdout
    cli("connection", "edit", "mine", "--certificate", files / "mine.pem", expect=0)
    assert "ann@example" not in cli("connection", "list", expect=0).stdout
    cli(*again, expect=0)
    assert signed == ["device-code"] * 3
    assert kept(home, world, "mine").secret("token_cache").reveal() == CACHE


def test_what_is_not_set_is_not_shown_and_what_is_missing_is_said(cli: Cli, files: Path) -> None:
    add(cli, "sharepoint-onprem", *FARM, "--account-password-file", files / "password")
    shown = cli("connection", "show", "mine", expect=0).stdout
    assert "url: https://farm.example/sites/a" in shown
    assert "tenant" not in shown
    assert "cloud" not in shown
    assert "False" not in shown
    cli("connection", "export", files / "definitions.json", expect=0)
    cli("connection", "remove", "mine", expect=0)
    cli("connection", "import", files / "definitions.json", expect=0)
    assert "missing" in cli("connection", "list", expect=0).stdout
