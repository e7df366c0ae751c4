"""Which resources there are: who the tenant's directory lists, and what EWS opens of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from strongroom.errors import AccessDenied, ItemError, OperatorError
from strongroom.pace.crew import Crew
from strongroom.sources.exchange_online import steps
from strongroom.sources.exchange_online.denied import EwsForbidden, OnlineWords
from strongroom.sources.exchange_online.signer import Signer
from strongroom.sources.exchange_onprem import directory
from strongroom.wire.entra.permissions import EWS, USERS_READ
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import RequestRefused
from strongroom.wire.ews.get_searchable_mailboxes import SearchableMailbox
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.graph.mailbox_purpose import read_purpose
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.wire.graph.users import DirectoryUser, list_users, read_me
from strongroom.words.resource import Resource, ResourceKind

_PUBLIC_FOLDERS = str(ResourceKind.PUBLIC_FOLDERS)
NO_PUBLIC_FOLDERS = (
    "An application has no mailbox of its own to look at public folders from, and Microsoft Graph "
    "has no public folders at all."
)


def shut_by_ews(ews: EwsConnection) -> EwsForbidden | None:
    """Say why EWS does not let this sign-in in at all; None if it does.

    Asked as nobody: an application is then told that it must act as somebody, which shows that it
    was let in.

    Raises:
        SignInEnded: the token is not taken.
        TransientError, ServerUnreachable: nobody answers.
    """
    try:
        get_server_time_zones(ews)
    except EwsForbidden as error:
        return error
    except (RequestRefused, ItemError):
        return None
    return None


def why_excluded(user: DirectoryUser) -> str | None:
    """Say why the directory itself shows that somebody has no mailbox here; None if it does not."""
    if user.is_guest:
        return "A guest: the mailbox is in the guest's own organisation."
    return None if user.address else "No mailbox."


class OnlineDirectory:
    """One tenant's resources, as one signer sees them. Safe in many threads.

    Args:
        signer: Who asks.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._words = OnlineWords(signer.subject, signer.client_id, is_person=signer.is_person)

    def resources(self) -> Iterator[Resource]:
        """List all that there is, what cannot be backed up with the reason.

        Raises:
            AccessDenied: the application may not list.
        """
        if self._signer.is_person:
            yield from self._persons_own()
            return
        off = shut_by_ews(self._signer.ews)
        with Crew(self._signer.graph.lane.may_begin, name="list") as crew:
            jobs = (partial(self._resources_of, user, off) for user in listed_users(self._signer))
            for found in crew.run(jobs):
                yield from found
        yield Resource(
            kind=ResourceKind.PUBLIC_FOLDERS,
            id="unknown",
            address=_PUBLIC_FOLDERS,
            name="Public folders",
            role="public",
            excluded=NO_PUBLIC_FOLDERS,
        )

    def find(self, reference: str) -> Resource:
        """Find one resource by what a person typed.

        Raises:
            OperatorError: there is none, or it is not the signer's own.
            AccessDenied: there is no right to it.
        """
        if reference == _PUBLIC_FOLDERS and not self._signer.is_person:
            raise OperatorError(
                "The public folders cannot be opened by an application.",
                why=NO_PUBLIC_FOLDERS,
                hint="While EWS lasts, add a connection with --sign-in browser, as somebody who "
                "may see them.",
            )
        address = reference.rpartition(":")[2].strip()
        if "@" not in reference and reference != _PUBLIC_FOLDERS:
            return self._by_id(reference)
        if self._signer.is_person and reference != _PUBLIC_FOLDERS:
            self.check_own(address)
        return directory.find_resource(self._signer.ews, reference, words=self._words)

    def own_addresses(self) -> list[str]:
        """Say which mailbox is the person's own: primary address first."""
        try:
            me = read_me(self._signer.graph)
        except OperatorError:
            # Graph is asked first, because a person's name to sign in with need be no address.
            told = [self._signer.ews_claims().user]
        else:
            told = [me.address, me.principal_name]
        return [one for one in dict.fromkeys(told) if one]

    def check_own(self, address: str) -> None:
        """Let only the person's own mailbox through.

        Raises:
            OperatorError: it is another one.
        """
        own = self.own_addresses()
        if address.casefold() in {one.casefold() for one in own}:
            return
        raise OperatorError(
            f"{address} is not the mailbox of the person who signed in.",
            why="A person's sign-in reaches that person's own mailbox only"
            f"{f', {own[0]}' if own else ''}.",
            hint="For other mailboxes add a connection with --certificate.",
        )

    def _persons_own(self) -> Iterator[Resource]:
        for address in self.own_addresses()[:1]:
            own = directory.as_listed(address)
            yield from directory.resources_of(self._signer.ews, own, words=self._words)
        yield from directory.public_folders_if_any(self._signer.ews)

    def _resources_of(self, user: DirectoryUser, off: EwsForbidden | None) -> list[Resource]:
        """Give what belongs to somebody, or one excluded resource with the reason.

        Args:
            user: Whom the directory lists.
            off: Why EWS lets nobody in, if so: then no mailbox is asked for.
        """
        why = why_excluded(user)
        if why is not None:
            return [_excluded(user, why)]
        if off is not None:
            return [_excluded(user, str(off), is_missing=True)]
        shut: list[EwsForbidden] = []

        @contextmanager
        def words(connection: EwsConnection, address: str) -> Iterator[None]:
            try:
                with self._words(connection, address):
                    yield
            except EwsForbidden as error:
                shut.append(error)
                raise

        found = list(directory.resources_of(self._signer.ews, _mailbox(user), words=words))
        if shut:
            return [self._forbidden(user, shut[0])]
        role = self._role(user)
        return [replace(one, role=role) if one.excluded is None else one for one in found]

    def _forbidden(self, user: DirectoryUser, shut: EwsForbidden) -> Resource:
        """Tell what a 403 meant where EWS is on: this mailbox is out of scope, or off."""
        if EWS.name in self._signer.ews_claims().roles:
            return _excluded(user, str(shut), is_missing=True)
        return _excluded(
            user, "Outside the scope of the application's role (RBAC for Applications)."
        )

    def _role(self, user: DirectoryUser) -> str:
        """Say what sort of mailbox it is; asked only of those that may be no person's."""
        if user.is_enabled:
            return "user"
        try:
            return read_purpose(self._signer.graph, user.id)
        except (GraphDenied, GraphRefused):
            return "user"

    def _by_id(self, reference: str) -> Resource:
        """Find a resource by its id; only the whole list knows all ids."""
        prefix, _, rest = reference.rpartition(":")
        wanted = rest.lower()
        for one in self.resources():
            kind = one.kind
            is_meant = str(kind) == prefix if prefix else kind is not ResourceKind.RECOVERABLE
            if is_meant and one.id.lower() == wanted:
                return one
        raise OperatorError(
            f"This tenant has nothing named {reference}.",
            hint="A resource is an address, archive:ADDRESS, recoverable:ADDRESS, or an id that "
            "`strongroom resources` shows.",
        )


def listed_users(signer: Signer) -> Iterator[DirectoryUser]:
    """List whom the tenant's directory knows.

    Raises:
        AccessDenied: the application may not; with the step that lets it.
    """
    try:
        yield from list_users(signer.graph)
    except GraphDenied as error:
        raise AccessDenied(
            f"{signer.subject} may not list who is in the tenant.",
            why=error.why,
            hint=f"{steps.grant_step(signer.client_id, USERS_READ)} Or name the "
            "mailboxes one by one.",
        ) from error


def _mailbox(user: DirectoryUser) -> SearchableMailbox:
    return SearchableMailbox(
        guid=user.id,
        address=user.address,
        name=user.name,
        is_external=False,
        is_group=False,
        reference_id="",
    )


def _excluded(user: DirectoryUser, why: str, *, is_missing: bool = False) -> Resource:
    return Resource(
        kind=ResourceKind.MAILBOX,
        id=f"listed-{user.id}".replace("/", "-"),
        address=user.address or user.principal_name or user.id,
        name=user.name,
        excluded=why,
        is_missing=is_missing,
    )
