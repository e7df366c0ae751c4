"""What word between processes promises; a subclass gives two that hear each other as fixtures."""

from __future__ import annotations

from strongroom.pace.notices import WHOLE_SERVER, Notices
from tests.fakes.hand_clock import HandClock

SERVER = "mail.contoso.example:443"


class NoticesContract:
    def test_nobody_has_said_anything_at_first(self, notices: Notices) -> None:
        assert notices.heard(SERVER) == {}

    def test_what_one_says_the_other_hears_as_what_is_left(
        self, notices: Notices, other: Notices, clock: HandClock
    ) -> None:
        notices.tell(SERVER, WHOLE_SERVER, 40.0)
        clock.move(seconds=15)
        assert other.heard(SERVER) == {WHOLE_SERVER: 25.0}

    def test_it_is_over_when_its_time_is(
        self, notices: Notices, other: Notices, clock: HandClock
    ) -> None:
        notices.tell(SERVER, "ann@contoso.example", 40.0)
        clock.move(seconds=40)
        assert other.heard(SERVER) == {}

    def test_each_lane_has_its_own(self, notices: Notices, other: Notices) -> None:
        notices.tell(SERVER, "ann@contoso.example", 40.0)
        other.tell(SERVER, "bob@contoso.example", 20.0)
        assert notices.heard(SERVER) == {"ann@contoso.example": 40.0, "bob@contoso.example": 20.0}

    def test_servers_are_told_apart(self, notices: Notices, other: Notices) -> None:
        notices.tell("other.contoso.example:443", WHOLE_SERVER, 40.0)
        assert other.heard(SERVER) == {}

    def test_a_longer_order_holds_whoever_came_first(
        self, notices: Notices, other: Notices
    ) -> None:
        notices.tell(SERVER, WHOLE_SERVER, 40.0)
        other.tell(SERVER, WHOLE_SERVER, 5.0)
        assert notices.heard(SERVER) == {WHOLE_SERVER: 40.0}
        other.tell(SERVER, WHOLE_SERVER, 50.0)
        assert notices.heard(SERVER) == {WHOLE_SERVER: 50.0}

    def test_no_order_holds_for_more_than_an_hour(self, notices: Notices, other: Notices) -> None:
        notices.tell(SERVER, WHOLE_SERVER, 1e9)
        assert other.heard(SERVER) == {WHOLE_SERVER: 3600.0}
