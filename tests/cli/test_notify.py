"""``strongroom notify``, with real messages to real receivers on loopback."""

from __future__ import annotations

import io
import ssl
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.wire.posting.post import AppriseOffice
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World
from tests.fakes.marked import marks_in, secret_file
from tests.fakes.webhook_receiver import WebhookReceiver
from tests.wire_posting.addresses import PASSWORD, TOKEN


@pytest.fixture
def cli(cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> Cli:
    ports = replace(world.ports(), office=AppriseOffice(SystemClock()))
    monkeypatch.setattr(compose, "real_ports", lambda clock=None: ports)
    return cli


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(made)
    return made


@pytest.fixture
def hook(context: ssl.SSLContext) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(context) as running:
        yield running


def address(hook: WebhookReceiver, tmp_path: Path, name: str = "address") -> Path:
    text = f"jsons://vault:{PASSWORD}@localhost:{hook.port}/{TOKEN}"
    return secret_file(tmp_path / name, text, line_end="\n")


def test_a_channel_is_added_tried_listed_edited_and_removed(
    cli: Cli, hook: WebhookReceiver, tmp_path: Path, ca_file: Path
) -> None:
    file = address(hook, tmp_path)
    added = cli(
        "notify", "add", "ops", "--address-file", file, "--ca-file", ca_file,
        "--on", "failed, digest", "--json", expect=0,
    ).document  # fmt: skip
    assert (added["name"], added["sort"]) == ("ops", "webhook")
    assert added["events"] == ["failed", "digest"]
    tried = cli("notify", "test", "ops", expect=0)
    assert "took a message (webhook)" in tried.stdout
    assert hook.posted[0].document["title"] == "Strongroom: a test"
    assert hook.posted[0].path == f"/{TOKEN}"
    listed = cli("notify", "list", "--json", expect=0).document
    assert listed == [added]
    assert "failed,digest" in cli("notify", "list", expect=0).stdout
    edited = cli("notify", "edit", "ops", "--on", "partial", expect=0)
    assert "(webhook) is told of: partial." in edited.stdout
    assert cli("notify", "remove", "ops", "--json", expect=0).document == {"removed": "ops"}
    assert cli("notify", "list", "--json", expect=0).document == []


def test_a_test_that_fails_says_why_without_the_address(
    cli: Cli, hook: WebhookReceiver, tmp_path: Path, ca_file: Path
) -> None:
    file = address(hook, tmp_path)
    cli("notify", "add", "ops", "--address-file", file, "--ca-file", ca_file, expect=0)
    hook.status = 401
    failed = cli("notify", "test", "ops", expect=5)
    assert "does not take the password or token (HTTP 401)" in failed.stderr
    cli("notify", "edit", "ops", "--address-file", file, expect=0)
    failed = cli("notify", "test", "ops", expect=5)
    assert "authority that is not trusted here" in failed.stderr
    assert "localhost" not in failed.stderr
    assert len(hook.posted) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"json://vault:{PASSWORD}@hook.example/{TOKEN}",
        f"jsons://hook.example/{TOKEN}?verify=no",
        f"file:///etc/{TOKEN}",
        f"mailto://vault:{PASSWORD}@mail.example",
    ],
    ids=["plain", "unproven", "file", "mail"],
)
def test_an_address_that_may_not_be_used_is_refused_without_repeating_it(
    cli: Cli, tmp_path: Path, text: str
) -> None:
    file = secret_file(tmp_path / "address", text)
    refused = cli("notify", "add", "ops", "--address-file", file, expect=2)
    assert "why:" in refused.stderr
    assert not list(marks_in((refused.stdout + refused.stderr).encode()))
    assert cli("notify", "list", "--json", expect=0).document == []


def test_an_address_comes_by_a_file_or_standard_input_and_by_nothing_else(
    cli: Cli, hook: WebhookReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = address(hook, tmp_path).read_text()
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    cli("notify", "add", "ops", "--address-file", "-", expect=0)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    missing = cli("notify", "add", "chat", expect=2)
    assert "address is needed" in missing.stderr
    assert "cannot be read" in cli("notify", "add", "chat", "--address-file", "none").stderr
    cli("notify", "add", "chat", "x", expect=2)


NO_SENSE = [
    ("edit", "ops"),
    ("edit", "ops", "--proxy", "http://proxy.example:3128"),
    ("edit", "nobody", "--on", "failed"),
    ("edit", "ops", "--on", "success"),
    ("edit", "ops", "--on", ""),
    ("test", "nobody"),
    ("remove", "nobody"),
    ("digest", "--at", "7"),
    ("digest", "--at", "07:00", "--time-zone", "Europe/Atlantis"),
    ("digest", "--time-zone", "Europe/Berlin"),
]


def test_what_makes_no_sense_is_refused_and_changes_nothing(
    cli: Cli, hook: WebhookReceiver, tmp_path: Path
) -> None:
    cli("notify", "add", "ops", "--address-file", address(hook, tmp_path), expect=0)
    before = cli("notify", "list", "--json", expect=0).document
    for words in NO_SENSE:
        assert "hint:" in cli("notify", *words, expect=2).stderr, words
    assert cli("notify", "list", "--json", expect=0).document == before


def test_the_digest_is_set_and_shown(cli: Cli, hook: WebhookReceiver, tmp_path: Path) -> None:
    nobody = cli("notify", "digest", expect=0)
    assert "at 07:00 (UTC)" in nobody.stdout
    assert "No channel" in nobody.stderr
    cli("notify", "add", "ops", "--address-file", address(hook, tmp_path), expect=0)
    told = cli("notify", "digest", "--at", "06:30", "--time-zone", "Europe/Berlin", expect=0)
    assert "at 06:30 (Europe/Berlin)" in told.stdout
    assert "sent to: ops" in told.stdout
    assert cli("notify", "digest", "--json", expect=0).document == {
        "at": "06:30",
        "time_zone": "Europe/Berlin",
        "channels": ["ops"],
    }
