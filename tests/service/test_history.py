"""How long the history of runs is kept is decided by who manages, and shown to all who may list."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from tests.fakes.mail_server import World
from tests.service.support import add_job, audited, back_up

DAY_S = 24 * 3600


def test_it_is_kept_for_some_four_hundred_days(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    report = back_up(ready)
    view = ready.history.show()
    assert (view.keep_s, view.keep_runs, view.runs) == (400 * DAY_S, None, 1)
    assert view.oldest is not None
    assert view.oldest.isoformat()[:19] == report["created"][:19]


def test_each_part_of_the_rule_is_changed_by_itself(application: Application) -> None:
    application.history.change(keep="90d")
    view = application.history.change(keep_runs=50)
    assert (view.keep_s, view.keep_runs) == (90 * DAY_S, 50)
    view = application.history.change(keep_runs=0)
    assert (view.keep_s, view.keep_runs) == (90 * DAY_S, None)
    assert view == application.history.show()


def test_the_change_is_written_down_with_what_it_was(application: Application) -> None:
    application.history.change(keep="90d", keep_runs=50)
    newest = list(application.audit.records())[-1]
    assert (newest.verb, dict(newest.about)) == ("history.change", {"keep": "90d", "keep_runs": 50})
    application.history.show()
    assert "history.show" not in {verb for _, verb, _ in audited(application)}


@pytest.mark.parametrize(
    "asked", [{"keep": "1h"}, {"keep": "long"}, {"keep_runs": -1}, {"keep_runs": 2**40}]
)
def test_what_would_keep_nothing_or_is_no_rule_is_refused(
    application: Application, asked: dict[str, object]
) -> None:
    with pytest.raises(OperatorError):
        application.history.change(**asked)  # type: ignore[arg-type]
    assert application.history.show().keep_s == 400 * DAY_S
