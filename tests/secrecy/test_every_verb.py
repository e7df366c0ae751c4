"""Every verb with an attacker's arguments, in this process: what it tells, does and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strongroom.errors import AccessDenied, StrongroomError
from strongroom.service import calling
from strongroom.service.application import SessionVerbs
from strongroom.service.remote.callbacks import callbacks_of
from strongroom.service.rights import RIGHTS_OF, Role
from strongroom.service.session import Session
from tests.fakes.mail_server import SERVER
from tests.fakes.marked import marks_in
from tests.secrecy import attempts, homes
from tests.secrecy.accounts import kept
from tests.secrecy.attacked import Estate, attacked_home, require_nothing_told
from tests.secrecy.attempts import EVIL, Call
from tests.service.support import audited, caller

ATTACKER = 7001
SHOWS = "storage_keys.show_password"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with attacked_home(tmp_path) as made:
        made.world.asked.clear()
        yield made


def attempted(verbs: SessionVerbs, calls: list[Call]) -> list[tuple[Call, Any]]:
    """Call verbs; give what each answered, as others would be told it, or its error."""
    return [(one, _answer(verbs, *one)) for one in calls]


def _answer(verbs: SessionVerbs, name: str, arguments: dict[str, Any]) -> Any:
    noun, _, method = name.partition(".")
    asked = callbacks_of(getattr(type(verbs.nouns[noun]), method))
    supplied = {key: (lambda *_, **__: True) for key in asked}
    try:
        return calling.as_json(verbs.invoke(name, arguments, supplied=supplied))
    except StrongroomError as error:
        return error


def told(answers: list[tuple[Call, Any]]) -> bytes:
    return "\n".join(
        f"{one} {one.why} {one.hint}" if isinstance(one, StrongroomError) else repr(one)
        for _, one in answers
    ).encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_is_told_or_changes_anything(
    estate: Estate, role: Role
) -> None:
    estate.application.delegation.give_role(f"uid:{ATTACKER}", role)
    verbs = estate.application.for_session(Session(caller(ATTACKER)))
    before = kept(estate.application)
    answers = attempted(verbs, attempts.calls(estate.acting(ATTACKER)))
    rights = attempts.rights()
    for (name, arguments), one in answers:
        if rights[name] not in RIGHTS_OF[role]:
            assert isinstance(one, AccessDenied), (name, arguments, one)
    require_nothing_told(told(answers))
    assert kept(estate.application) == before
    assert {server for _, server in estate.world.asked} <= {SERVER}
    refused = {name for name, right in rights.items() if right not in RIGHTS_OF[role]}
    written = {verb for who, verb, outcome in audited(estate.application)
               if (who, outcome) == (f"uid:{ATTACKER}", "refused")}  # fmt: skip
    assert refused <= written


def test_no_verb_gives_a_secret_back_to_anybody(estate: Estate) -> None:
    """Not even to the home's own account, for which every verb does what it is asked.

    But for a storage's password, which one verb is there to show: see the next test.
    """
    calls = [one for one in attempts.calls(estate.acting(0)) if one[0] != SHOWS]
    destructive = {"connections.remove", "connections.reset_password", "storages.remove"}
    calls.sort(key=lambda one: one[0] in destructive)
    answers = attempted(estate.application, calls)
    done = {name for (name, _), one in answers if not isinstance(one, StrongroomError)}
    assert len(done) > 40, "it is let in, and what it asks makes sense"
    assert list(marks_in(told(answers))) == []
    assert b"of my own" not in told(answers)


def test_only_an_administrator_is_shown_a_storages_password_and_that_is_written_down(
    estate: Estate,
) -> None:
    call = (SHOWS, {"name": "disk"})
    for role in [one for one in Role if one is not Role.ADMINISTRATOR]:
        estate.application.delegation.give_role(f"uid:{ATTACKER}", role)
        verbs = estate.application.for_session(Session(caller(ATTACKER)))
        ((_, refused),) = attempted(verbs, [call])
        assert isinstance(refused, AccessDenied)
        estate.application.delegation.take_role(f"uid:{ATTACKER}", role)
    ((_, shown),) = attempted(estate.application, [call])
    assert list(marks_in(repr(shown).encode())) != []
    assert ("refused" in {outcome for _, verb, outcome in audited(estate.application)
                          if verb == SHOWS})  # fmt: skip
    assert audited(estate.application)[-1][1:] == (SHOWS, "allowed")


def test_an_administrator_who_may_edit_has_no_kept_secret_sent_to_a_server_of_theirs(
    estate: Estate,
) -> None:
    estate.application.delegation.give_role(f"uid:{ATTACKER}", Role.ADMINISTRATOR)
    verbs = estate.application.for_session(Session(caller(ATTACKER)))
    led: list[tuple[str, bool]] = []
    opened = estate.world.open_server

    def watch(details: Any, use: Any) -> Any:
        is_kept = any(marks_in(details.to_bytes()))
        led.append((details.server or details.url or details.tenant, is_kept))
        return opened(details, use)

    shared = estate.application._shared
    ports = replace(shared.ports, open_server=watch)
    object.__setattr__(shared, "ports", ports)
    verbs = estate.application.for_session(Session(caller(ATTACKER)))
    calls = [one for one in attempts.calls(estate.acting(ATTACKER))
             if one[0].startswith("connections.")]  # fmt: skip
    uses = [one for one in calls if one[0] in {"connections.test", "connections.resources"}]
    edits = [one for one in calls if one[0] == "connections.edit"]
    for edit in edits:
        attempted(verbs, [edit, *uses])
    attempted(verbs, [one for one in calls if one[0] == "connections.probe"])
    assert ("office", True) not in led
    assert any(place == SERVER and is_kept for place, is_kept in led)
    assert any(EVIL in place for place, _ in led), "it can be led there"
    assert not any(is_kept for place, is_kept in led if EVIL in place)


def test_what_a_bucket_is_reached_with_is_sent_to_that_bucket_alone(estate: Estate) -> None:
    """Whatever an administrator does with storages, who may give other credentials."""
    estate.application.delegation.give_role(f"uid:{ATTACKER}", Role.ADMINISTRATOR)
    verbs = estate.application.for_session(Session(caller(ATTACKER)))
    estate.world.accesses.clear()
    calls = [one for one in attempts.calls(estate.acting(ATTACKER))
             if one[0].startswith("storages.") and one[0] != "storages.remove"]  # fmt: skip
    edits = [one for one in calls if one[0] == "storages.edit"]
    answers = attempted(verbs, [one for one in calls if one not in edits])
    require_nothing_told(told(answers))
    kept = [url for url, access in estate.world.accesses if access == homes.bucket_access()]
    assert kept == [homes.BUCKET] * len(kept)
    assert kept
    assert any(EVIL in url for url, _ in estate.world.accesses), "it can be led there"
    attempted(verbs, edits)
    estate.world.accesses.clear()
    verbs.storages.stats(estate.targets.cloud)
    assert [access for _, access in estate.world.accesses] != [homes.bucket_access()]
