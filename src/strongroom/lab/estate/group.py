"""Distribution groups: an address with members."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class DistributionGroup:
    """One group. Its members may change at any time; hold the estate's lock.

    Attributes:
        members: Addresses: of mailboxes, of other groups (also in a circle), of people elsewhere.
        is_hidden: It is in no address list, so nobody finds it.
        hides_members: It is found, and tells no members; a dynamic group does the same.
    """

    address: str
    name: str
    members: list[str] = field(default_factory=list)
    is_hidden: bool = False
    hides_members: bool = False
