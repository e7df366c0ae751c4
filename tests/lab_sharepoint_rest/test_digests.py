"""Form digests."""

from __future__ import annotations

import pytest

from strongroom.lab.sharepoint.rest.digests import LIFE_S, Digests
from strongroom.lab.sharepoint.rest.errors import ApiError
from tests.fakes.hand_clock import HandClock


def _code(digests: Digests, user: str, digest: str) -> str:
    with pytest.raises(ApiError) as refused:
        digests.check(user, digest)
    assert refused.value.status == 403
    return refused.value.code.partition(",")[0]


def test_a_digest_holds_for_its_user_for_half_an_hour() -> None:
    clock = HandClock()
    digests = Digests(b"key", clock)
    mine = digests.give("ann")
    digests.check("ANN", mine)
    assert _code(digests, "bob", mine) == "-2130575251"
    clock.move(seconds=LIFE_S - 2)
    digests.check("ann", mine)
    clock.move(seconds=2)
    assert _code(digests, "ann", mine) == "-2130575252"


@pytest.mark.parametrize("digest", ["", "0x00", "x" * 100])
def test_what_is_no_digest_is_refused(digest: str) -> None:
    assert _code(Digests(b"key", HandClock()), "ann", digest) == "-2130575251"


def test_a_digest_whose_time_was_changed_is_refused() -> None:
    digests = Digests(b"key", HandClock())
    proof, _, _ = digests.give("ann").partition(",")
    assert _code(digests, "ann", f"{proof},01 Jan 2099 00:00:00 -0000") == "-2130575251"
