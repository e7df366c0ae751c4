"""How long one request may take in all, and the failures that only the pace tells apart."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import TransientError


class TooMuchAtOnce(TransientError):
    """The server ran out of time, or the answer out of bounds, over this many items: ask for fewer.

    Passed through by ``read``, because sending the same request again would end the same way.
    """


class NoAnswerInTime(TransientError):
    """The server took the request and was silent for longer than is bearable."""


_ROUNDING_S = 0.01
"""Of what was waited for to the end, sums of seconds may leave a trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much patience one read gets.

    Attributes:
        wait_s: Most seconds of waiting, over all tries together. Fifteen minutes outlast a database
            failover and three of the five-minute lock-outs that Exchange orders.
        tries: Most tries. With waits up to a minute the time usually ends first.
    """

    wait_s: float = 15 * 60.0
    tries: int = 30

    def __post_init__(self) -> None:
        if self.wait_s < 0 or self.tries < 1:
            raise ValueError(f"not a budget: {self.wait_s} s, {self.tries} tries")


class Patience:
    """What is left of a budget. For one thread.

    Attributes:
        left_s: Seconds that may still be waited.
    """

    def __init__(self, budget: Budget) -> None:
        self.left_s = budget.wait_s

    def spend(self, wait_s: float) -> None:
        """Count a wait."""
        self.left_s -= wait_s

    def require(self, wait_s: float, *, is_away: bool) -> None:
        """Give up if a wait is longer than what is left.

        Args:
            wait_s: For how long nothing may be sent, as far as is known.
            is_away: Nothing gets through to the server, so that this may take longer.

        Raises:
            TransientError: it is. Nothing is ever sent against an order to wait.
        """
        if wait_s <= self.left_s + _ROUNDING_S and (self.left_s > 0.0 or not is_away):
            return
        if is_away:
            raise TransientError(
                "The server has been out of reach for too long.",
                why="Nothing that was sent to it got through, and the patience is used up.",
            )
        raise TransientError(
            f"The server wants to be left alone for {wait_s:.0f} s more.",
            why="It said so when it refused a request, and so much patience is not left.",
            retry_after_s=wait_s,
            is_throttle=True,
        )
