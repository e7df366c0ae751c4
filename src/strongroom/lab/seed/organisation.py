"""The organisation: who has which mailbox, and what happened there in the last half year.

populate:  cast the people → open the mailboxes → letters → meetings → everybody's own things
           → odd corners
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random

from strongroom.lab.estate.estate import Estate
from strongroom.lab.seed import belongings, corners, correspondence, meetings, people
from strongroom.lab.seed.people import DOMAIN, Person
from strongroom.lab.seed.stage import Cast, Stage

EMPTY = f"empty@{DOMAIN}"
EVERYBODY, TEAM = f"everybody@{DOMAIN}", f"team@{DOMAIN}"
_USERS = 3
_OUTSIDERS = 12


def _stand_still(_: datetime) -> None:
    """Leave the estate's clock as it is."""


def populate(
    estate: Estate,
    *,
    seed: int,
    now: datetime,
    password: Callable[[str], str],
    set_time: Callable[[datetime], None] = _stand_still,
) -> Cast:
    """Fill an empty estate with the organisation, and open the empty mailbox.

    Args:
        estate: Has no mailboxes yet.
        seed: The same seed tells the same story, to the byte.
        now: The moment at which the story ends: aware, UTC.
        password: Gives the password for an address.
        set_time: Sets the estate's clock; called with each item's own time before it is put in.
    """
    stage = Stage(estate, Random(seed), now, set_time)  # noqa: S311 - a story, not a secret
    set_time(now)
    cast = _cast(stage.rng)
    _open_mailboxes(estate, cast, password)
    correspondence.write_letters(stage, cast)
    meetings.hold(stage, cast)
    for user in cast.users:
        belongings.fill(stage, cast, user)
    corners.fill(stage, cast)
    set_time(now)
    return cast


def _cast(rng: Random) -> Cast:
    staff = people.staff(rng, _USERS + 1)
    return Cast(
        users=tuple(staff[:_USERS]),
        former=staff[_USERS],
        shared=_function("Front", "desk", "info"),
        room=_function("Meeting room", "Aurora", "room.aurora"),
        outsiders=tuple(people.outsiders(rng, _OUTSIDERS)),
    )


def _function(first: str, last: str, local: str) -> Person:
    return Person(
        first=first, last=last, address=f"{local}@{DOMAIN}", department="House", title="", phone=""
    )


def _open_mailboxes(estate: Estate, cast: Cast, password: Callable[[str], str]) -> None:
    roles = [(user, "user") for user in cast.users]
    roles += [(cast.former, "disabled"), (cast.shared, "shared"), (cast.room, "room")]
    for person, role in roles:
        estate.add_mailbox(
            person.address,
            person.name,
            password=password(person.address),
            role=role,
            archive=role == "user",
        )
    estate.add_mailbox(EMPTY, "Empty", password=password(EMPTY), archive=False)
    _make_groups(estate, cast)


def _make_groups(estate: Estate, cast: Cast) -> None:
    """Everybody, and in it a team that everybody is in again: circles happen."""
    first, *rest = (user.address for user in cast.users)
    estate.add_group(TEAM, "Team", *rest, EVERYBODY)
    house = (cast.shared.address, cast.room.address)
    estate.add_group(
        EVERYBODY, "Everybody", first, TEAM, *house, cast.former.address, cast.outsiders[0].address
    )
