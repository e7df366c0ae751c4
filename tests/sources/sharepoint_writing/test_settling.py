"""What is put back in the end is put back, whatever became of the lists meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NoReturn, cast

import pytest

from strongroom.sources.sharepoint.writing import relaxing
from strongroom.sources.sharepoint.writing.late import LateValue
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.relaxing import Relaxing
from strongroom.sources.sharepoint.writing.settling import settle
from strongroom.sources.sharepoint.writing.standing import Standing
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.words.restoring import RELAXED, Notes

GONE = SiteRefused("Gone.", status=404, code="-1", why="It was deleted.")
SHUT = SiteDenied("Shut.", status=403, code="-1", why="Not for us.")
LOST = LateValue(web="/sites/a", list_id="l", item_id=7, fields={"Other": 1}, status=2)


def means_of(error: Exception, put_back: list[str]) -> Means:
    """Give means of a restore whose list answers with an error from now on."""

    def list_by_id(*_: object) -> NoReturn:
        raise error

    def putting() -> list[str]:
        put_back.append("yes")
        return []

    made = SimpleNamespace(
        notes={"orders": {"l": {"web": "/sites/a", "order": ["0x01"]}}},
        standing=SimpleNamespace(list_by_id=list_by_id, forget_types=lambda *_: None),
        late=SimpleNamespace(waiting=lambda: [(0, LOST)], is_over=False),
        relaxing=SimpleNamespace(put_back=putting),
        told=list,
    )
    return cast("Means", made)


@pytest.mark.parametrize("error", [GONE, SHUT])
def test_a_list_that_went_meanwhile_keeps_nothing_relaxed(error: SiteRefused | SiteDenied) -> None:
    put_back: list[str] = []
    told = list(settle(means_of(error, put_back)))
    assert put_back == ["yes"]
    assert len(told) == 3
    assert all(error.why in one for one in told)


@pytest.mark.parametrize(
    ("refused", "error", "words"),
    [
        ("fields(guid'f1')", GONE, 0),
        ("fields(guid'f1')", SHUT, 1),
        ("lists(guid'l')", GONE, 0),
        ("lists(guid'l')", SHUT, 1),
    ],
)
def test_what_a_list_does_not_take_back_keeps_nothing_else_out(
    monkeypatch: pytest.MonkeyPatch, refused: str, error: SiteRefused | SiteDenied, words: int
) -> None:
    strict = {"Required": True}
    noted = {"settings": {"ForceCheckout": True}, "columns": {"f1": strict, "f2": strict}}
    notes: dict[str, object] = {RELAXED: {"l": "/sites/a"}, f"{RELAXED}/l": noted}
    sent: list[str] = []

    def send(_: object, question: Question) -> None:
        if question.target.endswith(refused):
            raise error
        sent.append(question.target.rpartition("/")[2])

    monkeypatch.setattr(relaxing, "send", send)
    standing = SimpleNamespace(rest=None, forget=lambda _: None)
    kept = SimpleNamespace(get=notes.get, put=notes.__setitem__)
    told = list(Relaxing(cast("Standing", standing), cast("Notes", kept)).put_back())
    all_ = ["lists(guid'l')", "fields(guid'f1')", "fields(guid'f2')"]
    assert sent == [one for one in all_ if one != refused]
    assert len(told) == words
    # What could not be put back stays noted, and is tried again.
    assert bool(notes[RELAXED]) == bool(words)
