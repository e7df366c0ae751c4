"""No secret lies readable in a home, in any form; and the search would find one that did."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import StrongroomError
from strongroom.service.application import Application
from strongroom.service.connections import ConnectionEdit
from strongroom.vault.secret import Secret
from tests.fakes.canaries import forms, found_below, found_in
from tests.fakes.every_kind import of_every_kind
from tests.fakes.mail_server import World, details
from tests.service.support import add_job, back_up

CANARY = "canary-Ünïque?/+7f3a-%2B"
GUARD = "guard-canary-91c2ef-Straße"


@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_base64_is_found_wherever_in_the_text_it_begins(before: bytes, after: bytes) -> None:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        content = before + CANARY.encode(encoding) + after
        assert found_in(base64.b64encode(content), [CANARY])
        assert found_in(base64.urlsafe_b64encode(content), [CANARY])


@pytest.mark.parametrize(
    "written",
    [
        CANARY.encode(),
        CANARY.encode("utf-16"),
        CANARY.encode("utf-16-be"),
        quote(CANARY, safe="").encode(),
        json.dumps({"x": CANARY}).encode(),
        repr(CANARY.encode()).encode(),
        CANARY.encode().hex().encode(),
    ],
)
def test_other_forms_are_found(written: bytes) -> None:
    assert found_in(b"before " + written + b" after", [CANARY])


def test_what_is_not_there_is_not_found_and_a_short_canary_is_refused() -> None:
    assert found_in(b"nothing at all " * 100, [CANARY]) == []
    with pytest.raises(ValueError, match="letters"):
        forms("short")


def test_a_file_and_its_name_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one").write_bytes(base64.b64encode(b"x" + CANARY.encode()))
    (tmp_path / GUARD).touch()
    found = found_below(tmp_path, [CANARY, GUARD])
    assert any("deep/one: canary 0 as base64" in one for one in found)
    assert any("canary 1 as UTF-8" in one for one in found)


def test_no_secret_lies_in_the_home_after_everything_was_done_with_it(
    ready: Application, world: World, tmp_path: Path
) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    back_up(ready)
    for number, one in enumerate(of_every_kind(lambda field: f"{CANARY} {field}")):
        ready.connections.add(f"connection {number}", one)
    ready.connections.add("guarded", details(password=f"{CANARY} password"), password=Secret(GUARD))
    with pytest.raises(StrongroomError):
        ready.connections.unlock("guarded", Secret(GUARD + " wrong"))
    ready.connections.unlock("guarded", Secret(GUARD))
    with pytest.raises(StrongroomError):
        ready.connections.test("guarded")  # the password is not the server's
    ready.connections.edit("guarded", ConnectionEdit(user="other@example"))
    ready.connections.set_password("guarded", Secret(GUARD + " 2"))
    ready.connections.unlock("guarded", Secret(GUARD + " 2"))
    ready.vault.rotate_key()
    shown = repr(ready.connections.show("guarded")) + repr(ready.definitions.give_out())
    shown += repr([asdict(one) for one in ready.audit.records()])
    assert found_below(tmp_path / "home", [CANARY, GUARD]) == []
    assert found_in(shown.encode(), [CANARY, GUARD]) == []
    assert ready.connections.details(ready.connections.record("guarded")).password == Secret(
        f"{CANARY} password"
    ), "it is there, sealed"
