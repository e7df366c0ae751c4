"""Who may do what: role definitions, assignments, and things that inherit them or have their own.

The numbers and masks are those of a real tenant's role definitions, as recorded where we have them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.refusals import NotAllowed, NotFound

if TYPE_CHECKING:  # the collection itself is made of things that have permissions
    from strongroom.lab.sharepoint.content.collection import SiteCollection

LIMITED_ACCESS = 1073741825
READ = 1073741826
CONTRIBUTE = 1073741827
DESIGN = 1073741828
FULL_CONTROL = 1073741829
EDIT = 1073741830
RESTRICTED_VIEW = 1073741832
WEB_ONLY = 1073741833

_DESIGN = "Can view, add, update, delete, approve, and customize."
_EDIT = "Can add, edit and delete lists; can view, add, update and delete list items and documents."
_CONTRIBUTE = "Can view, add, update, and delete list items and documents."
_READ = "Can view pages and list items and download documents."
_RESTRICTED = (
    "Can view pages, list items, and documents. Documents can be viewed in the browser but not "
    "downloaded."
)
_LIMITED = (
    "Can view specific lists, document libraries, list items, folders, or documents when given "
    "permissions."
)
_WEB_ONLY = "Can only view the web when given permissions."
_HIDDEN = frozenset({LIMITED_ACCESS, RESTRICTED_VIEW, WEB_ONLY})


@dataclass(slots=True, kw_only=True)
class RoleDefinition:
    """A named set of rights.

    Attributes:
        mask: ``High`` in the upper 32 bits, ``Low`` in the lower ones.
        type_kind: 0 for one that somebody made.
    """

    id: int
    name: str
    mask: int
    order: int
    description: str = ""
    type_kind: int = 0
    is_hidden: bool = False


def standard_roles() -> dict[int, RoleDefinition]:
    """Give what every collection has to begin with, by number."""
    rows = (
        (FULL_CONTROL, "Full Control", 2147483647, 4294967295, 1, 5, "Has full control."),
        (DESIGN, "Design", 432, 1012866047, 32, 4, _DESIGN),
        (EDIT, "Edit", 432, 1011030767, 48, 6, _EDIT),
        (CONTRIBUTE, "Contribute", 432, 1011028719, 64, 3, _CONTRIBUTE),
        (READ, "Read", 176, 138612833, 128, 2, _READ),
        (RESTRICTED_VIEW, "Restricted View", 65584, 134418433, 144, 8, _RESTRICTED),
        (LIMITED_ACCESS, "Limited Access", 48, 134287360, 160, 1, _LIMITED),
        (WEB_ONLY, "Web-Only Limited Access", 560, 134221824, 176, 9, _WEB_ONLY),
    )
    return {
        number: RoleDefinition(
            id=number,
            name=name,
            mask=high << 32 | low,
            order=order,
            type_kind=kind,
            description=description,
            is_hidden=number in _HIDDEN,
        )
        for number, name, high, low, order, kind, description in rows
    }


@dataclass(slots=True, kw_only=True)
class Permissions:
    """A thing's own assignments.

    Attributes:
        assignments: The numbers of role definitions, by the number of a principal.
    """

    assignments: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def add(self, principal_id: int, role_id: int) -> bool:
        """Assign a role; False: it was assigned before."""
        held = self.assignments.get(principal_id, ())
        if role_id in held:
            return False
        self.assignments[principal_id] = (*held, role_id)
        return True


class Securable:
    """A web, list or item: has permissions of its own, or its parent's.

    Attributes:
        permissions: Its own; None: it inherits.
    """

    __slots__ = ("permissions",)

    permissions: Permissions | None

    @property
    @abstractmethod
    def parent_securable(self) -> Securable | None:
        """Whose permissions it inherits; None for a root web."""

    @property
    @abstractmethod
    def collection(self) -> SiteCollection:
        """The collection that it is in."""

    @abstractmethod
    def below(self) -> Iterator[Securable]:
        """Go through everything that inherits from it, however deep."""

    @abstractmethod
    def note_security(self, kind: ChangeType, *, by: int, principal_id: int = 0) -> None:
        """Write into the change log that its permissions changed."""

    @property
    def has_unique_permissions(self) -> bool:
        """It does not inherit."""
        return self.permissions is not None

    @property
    def scope(self) -> Securable:
        """Itself or the nearest one above that has permissions of its own."""
        parent = self.parent_securable
        if self.permissions is not None or parent is None:
            return self
        return parent.scope

    @property
    def assignments(self) -> dict[int, tuple[int, ...]]:
        """What holds here, inherited or not: numbers of roles by number of principal."""
        held = self.scope.permissions
        return held.assignments if held else {}

    def break_inheritance(
        self, *, by: int, is_copied: bool = True, clears_below: bool = False
    ) -> None:
        """Give it permissions of its own.

        Args:
            by: Who does it.
            is_copied: Begin with those that held so far; else only whoever does it has a role.
            clears_below: What lies below inherits again.
        """
        self.collection.begin()
        if self.permissions is None:
            alone: dict[int, tuple[int, ...]] = {by: (FULL_CONTROL,)}
            held = dict(self.assignments) if is_copied else alone
            self.permissions = Permissions(assignments=held)
            self.note_security(ChangeType.SCOPE_ADD, by=by)
        if clears_below:
            for one in self.below():
                if one.permissions is not None:
                    one.permissions = None
                    one.note_security(ChangeType.SCOPE_DELETE, by=by)

    def reset_inheritance(self, *, by: int) -> None:
        """Let it inherit again."""
        self.collection.begin()
        if self.permissions is not None and self.parent_securable is not None:
            self.permissions = None
            self.note_security(ChangeType.SCOPE_DELETE, by=by)

    def add_assignment(self, principal_id: int, role_id: int, *, by: int) -> None:
        """Assign a role here; principals of things further up get Limited Access there.

        Raises:
            NotAllowed: it inherits.
            NotFound: no such principal or role.
        """
        collection = self.collection
        collection.begin()
        if self.permissions is None:
            raise NotAllowed("This operation is not allowed on an object that inherits.")
        collection.principals.by_id(principal_id)
        if role_id not in collection.role_definitions:
            raise NotFound(f"Role definition {role_id} does not exist.")
        if self.permissions.add(principal_id, role_id):
            self.note_security(ChangeType.ASSIGNMENT_ADD, by=by, principal_id=principal_id)
        above = self.parent_securable
        while above is not None:
            # Whoever may see an item must be able to open the web it lies in.
            if above.permissions is not None and principal_id not in above.permissions.assignments:
                above.permissions.add(principal_id, LIMITED_ACCESS)
            above = above.parent_securable

    def remove_assignment(self, principal_id: int, *, by: int, role_id: int = 0) -> None:
        """Take a role from a principal, or all of them.

        Raises:
            NotAllowed: it inherits.
            NotFound: the principal has no role here.
        """
        self.collection.begin()
        if self.permissions is None:
            raise NotAllowed("This operation is not allowed on an object that inherits.")
        held = self.permissions.assignments
        if principal_id not in held:
            raise NotFound(f"Can not find the principal with id: {principal_id}.")
        left = tuple(one for one in held[principal_id] if role_id and one != role_id)
        if left:
            held[principal_id] = left
        else:
            del held[principal_id]
        self.note_security(ChangeType.ASSIGNMENT_DELETE, by=by, principal_id=principal_id)

    def mask_of(self, user_id: int) -> int:
        """Say what a user may do here, by themselves and by their groups."""
        collection = self.collection
        mask = 0
        for principal_id in (user_id, *collection.principals.groups_of(user_id)):
            for role_id in self.assignments.get(principal_id, ()):
                mask |= collection.role_definitions[role_id].mask
        return mask
