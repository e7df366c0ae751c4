"""What one answer tells about how the server wants to be used: the adapters' common language.

Each protocol says "slower" in words of its own. An adapter next to the protocol's code translates
them, once, and everything from here on speaks of outcomes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.slots.api import Outcome, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer told.

    Attributes:
        outcome: How the request ended.
        scope: What a refusal speaks about: the whole server, or this mailbox or site alone.
        retry_after_s: Seconds that we were told to stay away; None: no number was given.
        is_counted: A refusal speaks of the number of requests in a time, not of the work they make.
        quota_left: Share of an announced quota that is unspent, 0 to 1; None: not announced.
        quota_reset_s: Seconds until that quota is refilled.
    """

    outcome: Outcome
    scope: Scope = Scope.SERVER
    retry_after_s: float | None = None
    is_counted: bool = False
    quota_left: float | None = None
    quota_reset_s: float | None = None

    def __post_init__(self) -> None:
        if self.retry_after_s is not None and not 0.0 <= self.retry_after_s < float("inf"):
            raise ValueError(f"not a time to wait: {self.retry_after_s} s")
        if self.quota_left is not None and not 0.0 <= self.quota_left <= 1.0:
            raise ValueError(f"not a share of a quota: {self.quota_left}")


WELL = Told(outcome=Outcome.OK)
