"""People and groups of a site collection, each with a number that is theirs only there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from strongroom.lab.sharepoint.content.change_log import ChangeType, Thing
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotFound

SYSTEM_ACCOUNT = 1073741823
_FIRST_GROUP = 3
_FIRST_USER = 6
"""Owners, visitors and members take the numbers before."""

PERSON, SECURITY_GROUP, SHAREPOINT_GROUP = 1, 4, 8


@dataclass(slots=True, kw_only=True)
class User:
    """Somebody, or a group of the directory, as one site collection knows them.

    Attributes:
        login: With its claims prefix, such as ``i:0#.f|membership|ann@lab.example``.
        kind: 1 a person, 4 a group of the directory.
        is_removed: Taken out of the site; items still name them.
    """

    id: int
    login: str
    title: str
    email: str = ""
    kind: int = PERSON
    is_site_admin: bool = False
    is_removed: bool = False


@dataclass(slots=True, kw_only=True)
class Group:
    """A group of the site collection.

    Attributes:
        owner_id: A user or a group.
        members: Numbers of users, in the order they came.
    """

    id: int
    title: str
    description: str = ""
    owner_id: int = 0
    members: list[int] = field(default_factory=list)
    allows_members_to_edit: bool = False
    allows_requests: bool = False
    accepts_requests: bool = False
    is_membership_hidden: bool = False
    request_address: str = ""

    @property
    def login(self) -> str:
        """A group's login name is its title."""
        return self.title


Principal = User | Group
Note = Callable[[ChangeType, Thing, int], None]
"""Writes into the change log what happened to which principal."""


class Principals:
    """All that a site collection knows.

    Attributes:
        directory: Says name and address of a login that exists; None: anybody may be named.
        gone: Logins, in small letters, whose accounts are no longer in the directory: a site keeps
            their names, and nobody can be made to be them again.
        users, groups: By number, in the order they came.
    """

    def __init__(self, note: Note) -> None:
        self.directory: Callable[[str], tuple[str, str] | None] | None = None
        self.gone: set[str] = set()
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self._by_login: dict[str, User] = {}
        self._note = note
        self._next_user, self._next_group = _FIRST_USER, _FIRST_GROUP
        system = User(id=SYSTEM_ACCOUNT, login="SHAREPOINT\\system", title="System Account")
        self.users[system.id] = self._by_login[system.login.casefold()] = system

    def by_id(self, number: int) -> Principal:
        """Find a user or a group.

        Raises:
            NotFound: there is none of that number.
        """
        found = self.users.get(number) or self.groups.get(number)
        if found is None:
            raise NotFound("User cannot be found.")
        return found

    def by_login(self, login: str) -> User | None:
        """Find a user that the site knows already."""
        return self._by_login.get(login.casefold())

    def by_email(self, email: str) -> User | None:
        """Find a user by address."""
        wanted = email.casefold()
        return next((one for one in self.users.values() if one.email.casefold() == wanted), None)

    def group_by_name(self, title: str) -> Group | None:
        """Find a group."""
        wanted = title.casefold()
        return next((one for one in self.groups.values() if one.title.casefold() == wanted), None)

    def ensure_user(
        self, login: str, *, title: str = "", email: str = "", kind: int = PERSON
    ) -> User:
        """Give the user of a login; one who is not known yet is looked up and added.

        Raises:
            NotFound: they are not in the directory, or have left it.
        """
        known = self.by_login(login)
        if known is not None and not known.is_removed:
            return known
        if login.casefold() in self.gone:
            raise NotFound(f"The specified user {login} could not be found.")
        if known is not None:
            known.is_removed = False
            self._note(ChangeType.ADD, Thing.USER, known.id)
            return known
        if self.directory is not None and not title:
            found = self.directory(login)
            if found is None:
                raise NotFound(f"The specified user {login} could not be found.")
            title, email = found
        name = login.rpartition("|")[2]
        address = email or (name if "@" in name else "")
        made = User(
            id=self._next_number(), login=login, title=title or name, email=address, kind=kind
        )
        self.users[made.id] = self._by_login[login.casefold()] = made
        self._note(ChangeType.ADD, Thing.USER, made.id)
        return made

    def remove_user(self, user: User) -> None:
        """Take somebody out of the site and its groups; what they wrote keeps their name."""
        user.is_removed, user.is_site_admin = True, False
        for group in self.groups.values():
            if user.id in group.members:
                group.members.remove(user.id)
        self._note(ChangeType.DELETE, Thing.USER, user.id)

    def add_group(self, title: str, *, description: str = "", owner_id: int = 0) -> Group:
        """Make a group.

        Raises:
            AlreadyExists: the name is taken.
        """
        if self.group_by_name(title) is not None:
            raise AlreadyExists("The specified name is already in use.")
        number = self._next_group
        if number < _FIRST_USER:
            self._next_group += 1
        else:
            number = self._next_number()
        made = Group(id=number, title=title, description=description, owner_id=owner_id or number)
        self.groups[made.id] = made
        self._note(ChangeType.ADD, Thing.GROUP, made.id)
        return made

    def update_group(self, group: Group) -> None:
        """Say that something of a group was changed."""
        self._note(ChangeType.UPDATE, Thing.GROUP, group.id)

    def remove_group(self, group: Group) -> None:
        """Delete a group."""
        del self.groups[group.id]
        self._note(ChangeType.DELETE, Thing.GROUP, group.id)

    def add_member(self, group: Group, user: User) -> None:
        """Put somebody into a group."""
        if user.id not in group.members:
            group.members.append(user.id)
            self._note(ChangeType.MEMBER_ADD, Thing.GROUP, group.id)

    def remove_member(self, group: Group, user: User) -> None:
        """Take somebody out of a group.

        Raises:
            NotFound: they are not in it.
        """
        if user.id not in group.members:
            raise NotFound("User cannot be found.")
        group.members.remove(user.id)
        self._note(ChangeType.MEMBER_DELETE, Thing.GROUP, group.id)

    def groups_of(self, user_id: int) -> Iterator[int]:
        """Go through the numbers of the groups that somebody is in."""
        return (one.id for one in self.groups.values() if user_id in one.members)

    def _next_number(self) -> int:
        number = self._next_user
        self._next_user += 1
        return number
