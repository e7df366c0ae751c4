"""Who works at a seeded site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from strongroom.lab.seed.people import Person
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.principals import SECURITY_GROUP, Group, User
from strongroom.lab.sharepoint.content.values import Stamp

_EVERYBODY = "c:0t.c|tenant|5c0a2c1e-0d5a-4f0e-9d1a-6d3f8b1c7e42"
_DAYS = 900


@dataclass(slots=True, kw_only=True)
class Crew:
    """The people of a site.

    Attributes:
        users: Everybody; the last one leaves when all is written.
        auditors: A group of the site.
        everybody: A group of the directory.
        now: When the story ends.
    """

    collection: SiteCollection
    users: list[User]
    auditors: Group
    everybody: User
    now: datetime

    @classmethod
    def hire(cls, collection: SiteCollection, people: Sequence[Person]) -> Crew:
        """Let people in, the first one as an owner, the others as members."""
        principals, root = collection.principals, collection.root
        users = [
            principals.ensure_user(
                collection.login_of(one.address), title=one.name, email=one.address
            )
            for one in people
        ]
        principals.add_member(principals.groups[root.owner_group_id], users[0])
        users[0].is_site_admin = True
        collection.owner_id = users[0].id
        for one in users[1:]:
            principals.add_member(principals.groups[root.member_group_id], one)
        auditors = principals.add_group(
            "Auditors", description="Look at everything.", owner_id=users[0].id
        )
        for one in users[1:3]:
            principals.add_member(auditors, one)
        everybody = principals.ensure_user(_EVERYBODY, title="All joiners", kind=SECURITY_GROUP)
        principals.add_member(principals.groups[root.visitor_group_id], everybody)
        return cls(
            collection=collection,
            users=users,
            auditors=auditors,
            everybody=everybody,
            now=collection.now(),
        )

    @property
    def boss(self) -> User:
        """Whoever may do everything."""
        return self.users[0]

    @property
    def departed(self) -> User:
        """Whoever is no longer in the directory at the end."""
        return self.users[-1]

    def let_go(self) -> None:
        """Let one of them leave: what they wrote keeps their name."""
        self.collection.principals.gone.add(self.departed.login.casefold())

    def stamp(self, rng: Random) -> Stamp:
        """Draw who made and changed something, and when: some time in the last years."""
        minutes = rng.randrange(60 * 24, _DAYS * 24 * 60)
        created = self.now - timedelta(minutes=minutes, seconds=rng.randrange(60))
        return Stamp(
            created=created,
            modified=created + timedelta(minutes=rng.randrange(minutes // 2 + 1)),
            author_id=rng.choice(self.users).id,
            editor_id=rng.choice(self.users).id,
        )

    def later(self, stamp: Stamp, rng: Random, hours: int) -> Stamp:
        """Draw who changed it again, so many hours later."""
        assert stamp.modified is not None
        when = min(stamp.modified + timedelta(hours=hours), self.now)
        return Stamp(modified=when, editor_id=rng.choice(self.users).id)
