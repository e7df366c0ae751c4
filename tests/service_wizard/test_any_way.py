"""Whatever is answered in whatever order: nothing crashes, nothing is half saved, no secret stays.

A secret stays only while the place that it goes to is the one that it was given for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from strongroom.errors import OperatorError
from strongroom.service.wizard.words import Done, Question, QuestionKind, Raw, Upload
from strongroom.vault.secret import Secret
from tests.fakes.identities import LOCK, identity
from tests.service_wizard.talk import APPLICATION, PASSWORD, SERVER, FakeConnections, Talk

TEXTS = {
    "name": ("office", "branch", "../up"),
    "autodiscover": ("ann@example.com", "bob@other.example", "ann"),
    "server": (SERVER, "other.example", "http://x/"),
    "url": (f"https://{SERVER}/", "https://example.sharepoint.com/", "https://a.sharepoint.us/"),
    "user": ("backup@example.com", "a:b", "DOMAIN\\backup"),
    "tenant": ("example.com", "other.example", "no tenant"),
    "client_id": (APPLICATION, "my-app"),
    "restore_client_id": (APPLICATION,),
    "mailbox": ("ann@example.com", "-"),
    "mailboxes": ("ann@example.com",),
    "sites": ("https://example.sharepoint.com/",),
    "directory": ("dc1.example", "no name"),
    "fingerprint": ("ab" * 32, "ab"),
    "certificate_name": ("mail.example", "no name"),
}
BACK, TORN = "back", "torn"


def answer_to(asked: Question, draw: int) -> Raw:
    """Choose an answer, good or bad, by a number; every one of a question's can come."""
    match asked.kind:
        case QuestionKind.CHOICE:
            return asked.choices[draw % len(asked.choices)].value
        case QuestionKind.SECRET:
            return Secret((PASSWORD, LOCK, f"secret {draw}")[draw % 3])
        case QuestionKind.FILE:
            any_of = identity("any")
            content = (any_of.plain, any_of.certificate, any_of.pfx, b"neither")[draw % 4]
            return Upload(name="file", content=content)
        case _:
            values = TEXTS.get(asked.key, ("https://else.example/", "no such thing"))
            return values[draw % len(values)]


def secrets_in(thing: object, seen: set[int]) -> Iterator[Secret]:
    """Find every secret that something holds, however deep."""
    if id(thing) in seen or isinstance(thing, str | bytes | int | float | type | None):
        return
    seen.add(id(thing))
    if isinstance(thing, Secret):
        yield thing
    elif isinstance(thing, dict):
        for one in thing.values():
            yield from secrets_in(one, seen)
    elif isinstance(thing, list | tuple | set | frozenset):
        for one in thing:
            yield from secrets_in(one, seen)
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from secrets_in(getattr(thing, field.name), seen)
    else:
        yield from secrets_in(getattr(thing, "__dict__", {}), seen)


def held(talk: Talk) -> set[str]:
    """Say which secrets the conversation holds, apart from the verbs' own."""
    wizard = {key: value for key, value in vars(talk.wizard).items() if key != "_crew"}
    return {one.reveal() for one in secrets_in(wizard, {id(talk.drafts)})}


def place(talk: Talk) -> Any:
    try:
        return talk.wizard._sheet.answers().details().destination
    except OperatorError:
        return None


# Not shrunk: that takes many minutes here, and says little more than the turns that failed.
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    st.lists(
        st.sampled_from([*range(60), *([""] * 25), *([BACK] * 8), TORN]), min_size=20, max_size=70
    )
)
def test_any_conversation(turns: list[int | str]) -> None:
    talk = Talk(FakeConnections(doubts=[("Is it yours?", ["It is far."])]))
    given_for: dict[str, Any] = {}
    for turn in turns:
        asked = talk.wizard.now()
        assert asked == talk.wizard.now(), "looking changes nothing"
        if isinstance(asked, Done):
            break
        assert talk.connections.kept == {}, "kept before the end"
        key = asked.key
        if turn == TORN:
            talk, given_for = talk.again(), {}
            assert held(talk) == set()
        elif turn == BACK:
            talk.wizard.back()
        else:
            raw = answer_to(asked, turn) if isinstance(turn, int) else ""
            try:
                talk.wizard.answer(raw)
            except OperatorError:
                continue
            if raw != "" and asked.kind in {QuestionKind.SECRET, QuestionKind.FILE}:
                given_for[key] = place(talk)
        check_secrets(talk, given_for)
    is_done = isinstance(talk.wizard.now(), Done)
    assert len(talk.connections.kept) == is_done
    if is_done:
        assert held(talk) == set()
        assert talk.drafts.draft is None


def check_secrets(talk: Talk, given_for: dict[str, Any]) -> None:
    sheet = talk.wizard._sheet._given
    asked = {step.key for step in talk.wizard._sheet.steps}
    kept = {key: one.value for key, one in sheet.items() if isinstance(one.value, Secret)}
    for key in kept:
        assert given_for[key] == place(talk), f"{key} was given for another place"
        assert key in asked, f"{key} is not asked for any more"
    texts = {one.reveal() for one in kept.values()}
    assert held(talk) <= texts, "an outcome holds what was dropped"
    draft = repr(talk.drafts.draft)
    assert not any(text in draft for text in texts if len(text) > 8)
