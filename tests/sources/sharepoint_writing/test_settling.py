"""What is put back in the end is put back, whatever became of the lists meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NoReturn, cast

import pytest

from strongroom.sources.sharepoint.writing.late import LateValue
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.settling import settle
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused

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
