"""Verbs that sign people in, and have applications registered in a tenant.

A secret that is made here goes into the vault and nowhere else: what these verbs give back tells
ids, names and rights. Everything that takes a person's time happens before anything is written;
then one transaction writes it all, so nothing is half saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from strongroom.control import connections as rows
from strongroom.control.records import Connection
from strongroom.errors import AccessDenied, Interrupted, OperatorError
from strongroom.service import kinds, sealed_details
from strongroom.service.auditing import REFUSED
from strongroom.service.callers import checked_account
from strongroom.service.connection_editing import ConnectionEditing
from strongroom.service.connection_views import ConnectionView, view
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.ports import Prompt, SignedIn, Sitting
from strongroom.service.registration import (
    BROWSER,
    RegistrationReport,
    RegistrationWish,
)
from strongroom.service.rights import Right
from strongroom.service.shared import checked_name
from strongroom.service.verbs import verb
from strongroom.vault.secret import Secret

Stop = Callable[[], bool]
"""Says whether the caller wants no more, or has left: nobody is waited for then, nothing kept."""

_NOT_YET = "not registered yet"
"""Stands for an application's id while details are checked that have none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredView:
    """A connection whose application was registered for it, and what was done for that.

    Attributes:
        view: The connection.
        report: What was done in the tenant.
    """

    view: ConnectionView
    report: RegistrationReport


class ConnectionEnrolling(ConnectionEditing):
    """The verbs. Safe in many threads."""

    @verb(Right.MANAGE, is_audited=True)
    def add(
        self,
        name: str,
        details: ConnectionDetails,
        *,
        password: Secret | None = None,
        prompt: Prompt | None = None,
        stop: Stop | None = None,
    ) -> ConnectionView:
        """Keep a new connection, sealed. The server is not asked; ``test`` does that.

        Where a person is to sign in and has not yet, they do so first, and own the connection.

        Args:
            name: Its name; it stays.
            details: Its details.
            password: Guards them; None: they are guarded by roles alone.
            prompt: Shows a person where to sign in; None: ``sign_in`` does it later.
            stop: Says that they have left.

        Raises:
            Interrupted: they left before they had signed in.
            OperatorError: the name is taken or not a name, the details do not fit their kind, or
                nobody signed in. Nothing is kept then.
        """
        kinds.check(details)
        kinds.check_secrets(details)
        is_signed_out = details.auth in kinds.BY_PERSON and details.token_cache is None
        if is_signed_out and prompt is not None:
            self._require_free(name)
            sitting = _sitting(prompt, stop)
            details = _owned(details, self._shared.ports.sign_in_person(details, sitting))
            _require_present(sitting)
        with self._shared.database.write() as db:
            return self.add_within(db, name, details, password=password)

    @verb(Right.MANAGE, is_audited=True)
    def sign_in(self, name: str, prompt: Prompt, stop: Stop | None = None) -> ConnectionView:
        """Sign the connection's person in again: after revocation, or for the first time.

        Args:
            name: The connection.
            prompt: Shows the person where to sign in.
            stop: Says that they have left.

        Raises:
            Interrupted: they left before they had signed in.
            OperatorError: there is none of that name, no person signs in for it, nobody signed in,
                or it was changed meanwhile.
            AccessDenied: somebody else signed in than the person whose account it uses.
            Locked: its password is needed.
        """
        record, details = self._open_to_us(name, "sign_in")
        if details.auth not in kinds.BY_PERSON:
            raise OperatorError(
                f"No person signs in for the connection '{name}'.",
                why=f"It signs in by {details.auth}.",
                hint=f"Give it what that needs with `strongroom connection edit {name}`.",
            )
        self._second_person(record, "sign_in", {"name": name})
        sitting = _sitting(prompt, stop)
        signed = self._shared.ports.sign_in_person(details, sitting)
        _require_present(sitting)
        self._require_same_person(record, details, signed)
        return self._keep(record, details, _owned(details, signed))

    @verb(Right.MANAGE, is_audited=True)
    def add_registered(
        self,
        name: str,
        details: ConnectionDetails,
        wish: RegistrationWish,
        prompt: Prompt,
        *,
        password: Secret | None = None,
        stop: Stop | None = None,
    ) -> RegisteredView:
        """Register applications in an administrator's name, and keep the connection that uses them.

        Asked again after it was cut short, it completes what is there: no second application.

        Args:
            name: The connection's name; it stays.
            details: Where: kind, tenant, cloud, URL. It will sign in by certificate.
            wish: What is to be registered.
            prompt: Shows the administrator where to sign in.
            password: Guards the connection; None: it is guarded by roles alone.
            stop: Says that the administrator has left.

        Raises:
            Interrupted: they left. What was made in the tenant is completed when they ask again.
            OperatorError: the name is taken or not a name, the wish does not fit the kind, or the
                tenant refused; the hint says what is left over there. Nothing is kept here then.
        """
        details = _to_register(details)
        check_wish(details, wish)
        self._require_free(name)
        wish = self._marked(name, wish)
        sitting = _sitting(prompt, stop)
        made = self._shared.ports.register(details, wish, sitting)
        self._told(name, "registered", made.report)
        _require_present(sitting)
        details = replace(
            details,
            url=_within_reach(details.url, wish),
            client_id=made.client_id,
            certificate=made.certificate,
            restore_client_id=made.restore_client_id,
            restore_certificate=made.restore_certificate,
            uses_ews=wish.uses_ews,
            sees_permissions=wish.sees_permissions,
        )
        try:
            with self._shared.database.write() as db:
                kept = self.add_within(db, name, details, password=password)
        except OperatorError as error:
            ids = ", ".join(one.client_id for one in made.report.applications)
            error.hint += (
                f" In the tenant the application {ids} is left over: delete it in the Entra admin"
                " center, App registrations."
            )
            raise
        return RegisteredView(view=kept, report=made.report)

    @verb(Right.MANAGE, is_audited=True)
    def renew_certificate(
        self, name: str, prompt: Prompt, sign_in: str = BROWSER, stop: Stop | None = None
    ) -> RegisteredView:
        """Give a connection's applications new certificates; the old ones go once these work.

        Runs that are under way go on with the tokens that they have.

        Args:
            name: The connection.
            prompt: Shows an administrator of the tenant where to sign in.
            sign_in: How they do: ``browser`` or ``device-code``.
            stop: Says that they have left; once they signed in, it is done to the end.

        Raises:
            Interrupted: they left before they had signed in.
            OperatorError: there is none of that name, it has no certificate, the tenant refused, or
                it was changed meanwhile.
            Locked: its password is needed.
        """
        record, details = self._open_to_us(name, "renew_certificate")
        if details.auth != "certificate":
            raise OperatorError(
                f"The connection '{name}' has no certificate.",
                why=f"It signs in by {details.auth}.",
            )
        self._second_person(record, "renew_certificate", {"name": name})
        kept: list[ConnectionView] = []

        def keep(certificate: Secret, restore_certificate: Secret | None) -> None:
            changed = replace(
                details,
                certificate=certificate,
                restore_certificate=restore_certificate or details.restore_certificate,
            )
            kept.append(self._keep(record, details, changed))

        wish = self._marked(name, RegistrationWish(sign_in=sign_in))
        sitting = _sitting(prompt, stop)
        report = self._shared.ports.renew_certificates(details, wish, sitting, keep)
        self._told(name, "renewed", report)
        return RegisteredView(view=kept[-1], report=report)

    @verb(Right.MANAGE, is_audited=True)
    def registration_script(self, details: ConnectionDetails, wish: RegistrationWish) -> str:
        """Write what a registration would do as a script, for who may not sign in here.

        Args:
            details: Kind, tenant, and in ``certificate`` (and ``restore_certificate``) what the
                applications will prove themselves with; only its public part is written.
            wish: What is to be registered.

        Raises:
            OperatorError: the wish does not fit the kind, or a certificate is missing.
        """
        details = _to_register(details)
        check_wish(details, wish)
        return self._shared.ports.registration_script(details, wish)

    def _marked(self, name: str, wish: RegistrationWish) -> RegistrationWish:
        """Mark the applications as ours: another home's of the same name must not be taken."""
        tag = self._shared.keys.pseudonym(f"registration of {name}")
        return replace(wish, tag=f"strongroom-{tag}", name=wish.name or f"Strongroom {name}")

    def _require_free(self, name: str) -> None:
        """Refuse a name that could not be kept, before a person signs in for nothing."""
        checked_name("connection", name)
        with self._shared.database.read() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a connection named '{name}' already.", hint="Choose another name."
                )

    def _require_same_person(
        self, record: Connection, details: ConnectionDetails, signed: SignedIn
    ) -> None:
        tenant = signed.owner.rpartition(":")[0]
        known = [one for one in details.owners if one.rpartition(":")[0] == tenant]
        if not known or signed.owner in known:
            return
        why = "Somebody else signed in than the person whose account it uses."
        shared = self._shared
        about = {"connection": record.name, "account": signed.owner}
        shared.log.write(shared.session, "connections.sign_in", about, outcome=REFUSED, why=why)
        raise AccessDenied(
            f"The connection '{record.name}' belongs to another account.",
            why=why,
            hint=f"Sign in as {details.user or 'that person'}, or add another connection.",
        )

    def _keep(
        self, record: Connection, begun_with: ConnectionDetails, changed: ConnectionDetails
    ) -> ConnectionView:
        """Keep what a person or a tenant gave, unless the connection was changed meanwhile.

        A run may have renewed the token cache while somebody signed in; that is no change.
        """
        with self._shared.database.write() as db:
            current = rows.by_id(db, record.id)
            now = None if current is None else sealed_details.opened_within(self._shared, current)
            if current is None or now is None or _but_tokens(now) != _but_tokens(begun_with):
                raise OperatorError(
                    f"The connection '{record.name}' was changed by somebody else just now.",
                    hint="Look at it, and do this again if it is still wanted.",
                )
            kept = sealed_details.resealed(self._shared, db, current, changed)
        return view(kept, changed)

    def _told(self, name: str, what: str, report: RegistrationReport) -> None:
        """Write down what was done in the tenant, before it is known whether it could be kept."""
        shared = self._shared
        shared.log.write(
            shared.session,
            f"connections.{what}",
            {
                "connection": name,
                "tenant": report.tenant,
                "administrator": report.administrator,
                "applications": [one.client_id for one in report.applications],
            },
        )


def check_wish(details: ConnectionDetails, wish: RegistrationWish) -> None:
    """Refuse a wish that does not fit the kind of connection.

    Raises:
        OperatorError: with what does not.
    """
    if wish.mailboxes and details.kind != EXCHANGE_ONLINE:
        raise OperatorError("Only connections to Exchange Online have mailboxes.")
    if wish.uses_ews and details.kind != EXCHANGE_ONLINE:
        raise OperatorError("Only Exchange Online has EWS.")
    if wish.sees_permissions and details.kind != SHAREPOINT_ONLINE:
        raise OperatorError("Only sites have permissions that are kept.")
    if wish.sites and details.kind != SHAREPOINT_ONLINE:
        raise OperatorError("Only connections to SharePoint Online have sites.")
    for site in wish.sites:
        kinds.check(replace(details, url=site, client_id=_NOT_YET, restore_certificate=None))


def _within_reach(url: str, wish: RegistrationWish) -> str:
    """Name the site that the connection begins at: one that was chosen, if some were."""
    chosen = {site.rstrip("/"): site for site in wish.sites}
    return url if not chosen or url.rstrip("/") in chosen else next(iter(chosen.values()))


def _to_register(details: ConnectionDetails) -> ConnectionDetails:
    if details.kind not in {EXCHANGE_ONLINE, SHAREPOINT_ONLINE}:
        raise OperatorError(
            "Applications are registered for Microsoft's cloud alone.",
            hint="Give exchange-online or sharepoint-online.",
        )
    ready = replace(details, auth="certificate", client_id="", restore_client_id="", owners=())
    kinds.check(replace(ready, client_id=_NOT_YET, restore_certificate=None))
    return ready


def _sitting(prompt: Prompt, stop: Stop | None) -> Prompt:
    return prompt if stop is None else Sitting(prompt=prompt, is_over=stop)


def _require_present(sitting: Prompt) -> None:
    """Keep nothing for somebody who has left, and was told that nothing was kept.

    Raises:
        Interrupted: they have.
    """
    if isinstance(sitting, Sitting) and sitting.is_over():
        raise Interrupted("Whoever was to sign in has left.", why="Nothing was kept.")


def _owned(details: ConnectionDetails, signed: SignedIn) -> ConnectionDetails:
    """Give the details as the person's own who signed in, and of nobody else of that cloud."""
    others = [one for one in details.owners if not one.startswith("entra:")]
    return replace(
        details,
        token_cache=signed.token_cache,
        user=signed.user,
        owners=(checked_account(signed.owner), *others),
    )


def _but_tokens(details: ConnectionDetails) -> ConnectionDetails:
    return replace(details, token_cache=None)
