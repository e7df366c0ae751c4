"""Which resources there are by Graph: whom the directory lists, and whose mailboxes open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from strongroom.errors import OperatorError, StrongroomError
from strongroom.pace.crew import Crew
from strongroom.sources.exchange_online.directory import OnlineDirectory, listed_users, why_excluded
from strongroom.sources.exchange_online.ews_rights import NOT_IN_GRAPH
from strongroom.sources.exchange_online.reading.mailboxes import GraphMailboxes
from strongroom.sources.exchange_online.signer import Signer
from strongroom.wire.entra.permissions import FOLDERS_READ, FOLDERS_WRITE
from strongroom.wire.graph.mailbox.line import BETA, V1
from strongroom.wire.graph.mailbox.owners import (
    OwnedMailboxes,
    read_owned,
    read_purposes,
    try_folders,
)
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.wire.graph.users import DirectoryUser, read_me
from strongroom.words.resource import Resource, ResourceKind

PUBLIC_FOLDERS = str(ResourceKind.PUBLIC_FOLDERS)
GROUP_MAILBOXES = "group-mailboxes"

NO_GROUP_MAILBOXES = (
    "Microsoft Graph exports no mailboxes of Microsoft 365 groups: people's, shared and resource "
    "mailboxes only. EWS did not offer them to applications either."
)

_FEW, _MANY = 4, 20
"""Of so many people mailboxes are looked up together: as many as one batch has questions, and fewer
at first. Graph answers four questions of a batch at a time; so small ones are answered at once, and
from answers the pace learns."""

_RECOVERABLE_ROOT = "recoverableitemsroot"
_PREFIXES = {
    "": ResourceKind.MAILBOX,
    "archive": ResourceKind.ARCHIVE,
    "recoverable": ResourceKind.RECOVERABLE,
}


class GraphDirectory:
    """One tenant's resources, as one signer sees them by Graph. Safe in many threads.

    Args:
        signer: Who asks.
        mailboxes: The lines to what is asked.
    """

    def __init__(self, signer: Signer, mailboxes: GraphMailboxes) -> None:
        self._signer = signer
        self._mailboxes = mailboxes

    def resources(self) -> Iterator[Resource]:
        """List all that there is, what cannot be backed up with the reason.

        Raises:
            AccessDenied: the application may not list.
        """
        users = iter(
            [read_me(self._signer.graph)] if self._signer.is_person else listed_users(self._signer)
        )
        # A large organisation takes thousands of batches; each is a few seconds for Graph.
        lane = self._mailboxes.line_to("", V1).lane
        with Crew(lane.may_begin, name="directory") as crew:
            for found in crew.run(self._jobs(users)):
                yield from found
        if not self._signer.is_person:
            yield _impossible(
                ResourceKind.PUBLIC_FOLDERS,
                PUBLIC_FOLDERS,
                "Public folders",
                NOT_IN_GRAPH,
            )
            yield _impossible(
                ResourceKind.MAILBOX, GROUP_MAILBOXES, "Mailboxes of groups", NO_GROUP_MAILBOXES
            )

    def find(self, reference: str) -> Resource:
        """Find one resource by what a person typed.

        Raises:
            OperatorError: there is none, or it is not the signer's own.
            AccessDenied: there is no right to it.
        """
        if reference == PUBLIC_FOLDERS:
            raise OperatorError(
                "The public folders cannot be read by Microsoft Graph.",
                why=NOT_IN_GRAPH,
            )
        prefix, _, address = reference.rpartition(":")
        if "@" not in reference or prefix not in _PREFIXES:
            return self._by_id(reference)
        address = address.strip()
        if self._signer.is_person:
            OnlineDirectory(self._signer).check_own(address)
        return self._by_address(_PREFIXES[prefix], address)

    def _jobs(self, users: Iterator[DirectoryUser]) -> Iterator[Callable[[], list[Resource]]]:
        seen = 0
        while some := list(islice(users, min(_MANY, max(_FEW, seen // 8)))):
            seen += len(some)
            yield partial(self._listed, some)

    def _listed(self, users: Sequence[DirectoryUser]) -> list[Resource]:
        return list(self._resources_of(users))

    def _resources_of(self, users: Sequence[DirectoryUser]) -> Iterator[Resource]:
        there = [user for user in users if why_excluded(user) is None]
        owned = dict(zip((user.id for user in there), self._owned(there), strict=True))
        found = [(user, one) for user in there if isinstance(one := owned[user.id], OwnedMailboxes)]
        opened = dict(zip((user.id for user, _ in found), self._opened(found), strict=True))
        for user in users:
            why = why_excluded(user)
            if why is not None:
                yield _excluded(user, why)
                continue
            one = owned[user.id]
            if isinstance(one, StrongroomError):
                yield _excluded(user, str(one), is_missing=isinstance(one, GraphDenied))
            else:
                yield from opened[user.id]

    def _owned(self, users: Sequence[DirectoryUser]) -> list[OwnedMailboxes | StrongroomError]:
        """Read whose mailboxes have which ids, in the version that knows of archives if there."""
        if not users:
            return []
        ids = [user.id for user in users]
        try:
            return read_owned(self._mailboxes.line_to("", BETA), ids)
        except (GraphDenied, GraphRefused):
            return read_owned(self._mailboxes.line_to("", V1), ids)

    def _opened(
        self, found: Sequence[tuple[DirectoryUser, OwnedMailboxes]]
    ) -> Iterator[list[Resource]]:
        """Give what of each person's mailboxes opens, and what does not with the reason."""
        line = self._mailboxes.line_to("", V1)
        mains = try_folders(line, [(one.primary, "") for _, one in found])
        rest = try_folders(line, [(one.primary, _RECOVERABLE_ROOT) for _, one in found])
        archived = [one.archive for _, one in found if one.archive]
        beta = self._mailboxes.line_to("", BETA)
        archives = dict(
            zip(archived, try_folders(beta, [(one, "") for one in archived]), strict=True)
        )
        purposes = self._purposes([user for user, _ in found])
        for (user, one), main, recoverable in zip(found, mains, rest, strict=True):
            role = purposes.get(user.id, "user")
            if isinstance(main, StrongroomError):
                yield [self._shut(user, main, role)]
                continue
            resources = [_resource(ResourceKind.MAILBOX, one.primary, user, role)]
            if one.archive:
                answer = archives[one.archive]
                if isinstance(answer, StrongroomError):
                    resources.append(_shut_beside(ResourceKind.ARCHIVE, user, answer, role))
                else:
                    resources.append(_resource(ResourceKind.ARCHIVE, one.archive, user, role))
            if not isinstance(recoverable, StrongroomError):
                resources.append(_resource(ResourceKind.RECOVERABLE, one.primary, user, role))
            elif not _is_not_there(recoverable):
                resources.append(_shut_beside(ResourceKind.RECOVERABLE, user, recoverable, role))
            yield resources

    def _purposes(self, users: Sequence[DirectoryUser]) -> dict[str, str]:
        """Say what sort of mailbox it is; asked only of those that may be no person's."""
        ids = [user.id for user in users if not user.is_enabled]
        if not ids:
            return {}
        return dict(zip(ids, read_purposes(self._mailboxes.line_to("", V1), ids), strict=True))

    def _shut(self, user: DirectoryUser, error: StrongroomError, role: str) -> Resource:
        """Tell what a refusal meant: out of scope, no right, or a mailbox elsewhere."""
        claims = self._signer.graph_claims()
        holds = {FOLDERS_READ.name, FOLDERS_WRITE.name} & claims.roles
        if isinstance(error, GraphDenied) and claims.is_readable and not holds:
            why = "Outside the scope of the application's role (RBAC for Applications)."
            return _excluded(user, why, role=role)
        return _excluded(user, str(error), role=role, is_missing=isinstance(error, GraphDenied))

    def _by_address(self, kind: ResourceKind, address: str) -> Resource:
        answer = next(iter(self._owned([_named(address)])))
        if isinstance(answer, GraphRefused):
            raise OperatorError(
                f"There is no mailbox {address} in this tenant that can be opened.",
                why=answer.why,
                hint="Check the address; it must be the primary one. A mailbox may also be "
                "without a licence, or on a server of the organisation's own, which needs a "
                "connection of its own.",
            ) from answer
        if isinstance(answer, StrongroomError):
            raise answer
        mailbox = answer.archive if kind is ResourceKind.ARCHIVE else answer.primary
        if not mailbox:
            raise OperatorError(
                f"The mailbox {address} has no archive.",
                why="Microsoft Graph names none; archives are told by its beta version only.",
                hint="Leave out archive: to name the mailbox itself.",
            )
        return _resource(kind, mailbox, _named(address), "user")

    def _by_id(self, reference: str) -> Resource:
        """Find a resource by its id; only the whole list knows all ids."""
        prefix, _, rest = reference.rpartition(":")
        for one in self.resources():
            is_meant = (
                str(one.kind) == prefix if prefix else one.kind is not ResourceKind.RECOVERABLE
            )
            if is_meant and one.id.lower() == rest.lower():
                return one
        raise OperatorError(
            f"This tenant has nothing named {reference}.",
            hint="A resource is an address, archive:ADDRESS, recoverable:ADDRESS, or an id that "
            "`strongroom resources` shows.",
        )


def _resource(kind: ResourceKind, mailbox: str, user: DirectoryUser, role: str) -> Resource:
    """Make a resource; its id is the GUID in Graph's, which EWS tells of a mailbox as well."""
    guid = mailbox.removeprefix("MBX:").partition("@")[0].lower()
    return Resource(kind=kind, id=guid, address=user.address, name=user.name, role=role)


def _named(address: str) -> DirectoryUser:
    return DirectoryUser(
        id=address,
        name=address,
        address=address,
        principal_name=address,
        is_guest=False,
        is_enabled=True,
    )


def _excluded(
    user: DirectoryUser, why: str, *, role: str = "user", is_missing: bool = False
) -> Resource:
    return Resource(
        kind=ResourceKind.MAILBOX,
        id=f"listed-{user.id}".replace("/", "-"),
        address=user.address or user.principal_name or user.id,
        name=user.name,
        role=role,
        excluded=why,
        is_missing=is_missing,
    )


def _is_not_there(error: StrongroomError) -> bool:
    return isinstance(error, GraphRefused) and error.status == 404


def _shut_beside(
    kind: ResourceKind, user: DirectoryUser, error: StrongroomError, role: str
) -> Resource:
    """Name what a mailbox has beside it and that does not open, although the mailbox does."""
    return Resource(
        kind=kind,
        id=f"listed-{user.id}".replace("/", "-"),
        address=user.address,
        name=user.name,
        role=role,
        excluded=str(error),
        is_missing=True,
    )


def _impossible(kind: ResourceKind, name: str, title: str, why: str) -> Resource:
    return Resource(kind=kind, id="unknown", address=name, name=title, role="public", excluded=why)
