"""What a person asks of a restore, as typed and as it is kept with a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from strongroom.errors import OperatorError
from strongroom.words.json import Json
from strongroom.words.resource import ResourceKind

_DAYS_MAX = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """What a person wants back, as typed.

    Attributes:
        storage: Name of the storage.
        resource: Whose restore point (see ``locating.locate``).
        connection: Name of the connection to restore through.
        at: ``point:ID``, a time, or None for the newest point.
        paths: Folders wanted, as text; empty: all.
        items: Items wanted, by id.
        to: The resource to restore into; None: the one it was saved from.
        folder: The folder to restore into, as text; ``/`` is the root, in place. None: a new one.
        conflict: ``copy``, ``skip`` or ``replace``.
        settings: Rules, automatic replies, delegates and categories too, or not; None: only if
            a whole mailbox goes back in place.
        people: Who somebody is in the target, by the saved login or address: for sites, whose
            people left or are called otherwise there.
        version: Of sites: label of the version wanted of every item; empty: as it was last.
        fields: Of sites: columns wanted of every item, by name, into the items that are there.
        others: Further mailboxes, each into itself.
        is_all: Every mailbox that the storage holds; ``resource`` is empty then.
        newest_days: So many of everyone's newest days come first, then the rest; 0: all at once.
            None: as many as is usual if there are several mailboxes, and one mailbox all at once.

    Raises:
        OperatorError: values are to go into what is there, and that is to be left alone.
    """

    storage: str
    resource: str
    connection: str
    at: str | None = None
    paths: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    to: str | None = None
    folder: str | None = None
    conflict: str = "copy"
    settings: bool | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    fields: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    is_all: bool = False
    newest_days: int | None = None

    @property
    def is_many(self) -> bool:
        """Whether it is a restore of many, if perhaps of one alone."""
        return self.is_all or bool(self.others) or self.newest_days is not None

    def __post_init__(self) -> None:
        if self.fields and self.conflict == "skip":
            raise OperatorError(
                "Values of columns go into the items that are there.",
                hint="Leave --conflict skip out.",
            )

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with a job, which knows its storage and connection by itself."""
        return {
            "resource": self.resource,
            "at": self.at,
            "paths": list(self.paths),
            "items": list(self.items),
            "to": self.to,
            "folder": self.folder,
            "conflict": self.conflict,
            "settings": self.settings,
            "people": dict(self.people),
            "version": self.version,
            "fields": list(self.fields),
        }

    @classmethod
    def from_json(
        cls, document: Mapping[str, Any], *, storage: str, connection: str
    ) -> RestoreOrder:
        """Read what ``to_json`` wrote."""
        return cls(
            storage=storage,
            connection=connection,
            resource=document["resource"],
            at=document["at"],
            paths=tuple(document["paths"]),
            items=tuple(document["items"]),
            to=document["to"],
            folder=document["folder"],
            conflict=document["conflict"],
            settings=document["settings"],
            people=document.get("people") or {},
            version=document.get("version") or "",
            fields=tuple(document.get("fields") or ()),
        )


def require_site(order: RestoreOrder, kind: str) -> None:
    """Refuse of a mailbox what only a site has.

    Raises:
        OperatorError: it was asked for.
    """
    if (order.version or order.fields) and kind not in {ResourceKind.SITE, ResourceKind.DRIVE}:
        raise OperatorError(
            "Items of mailboxes have neither versions nor columns.",
            hint="Leave --version and --field out.",
        )


def refuse_what_is_for_one(order: RestoreOrder) -> None:
    """Refuse what cannot be asked of many at once.

    Raises:
        OperatorError: it was.
    """
    if order.is_all == bool(order.resource):
        raise OperatorError(
            "Name mailboxes, or say that all are meant.", hint="Give names, or --all without any."
        )
    if order.to or order.items or order.version or order.fields or order.people:
        raise OperatorError(
            "A restore of many mailboxes brings each one back into itself.",
            hint="Leave --to, --item, --version, --field and --people out, or name one mailbox "
            "and leave --newest-first out.",
        )
    if order.newest_days is not None and not 0 <= order.newest_days <= _DAYS_MAX:
        raise OperatorError(
            f"Not a number of days: {order.newest_days}.", hint="Give 0 to 3,650; 0: all at once."
        )
