"""One tenant: who and what is in it, and what its administrators do to them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from strongroom.clock import Clock
from strongroom.lab.entra import well_known
from strongroom.lab.entra.reach import Reach
from strongroom.lab.entra.words import (
    Application,
    ClientCertificate,
    ClientSecret,
    RoleAssignment,
    ScopeGrant,
    SecondFactor,
    ServicePrincipal,
    User,
)

_LOCKED_AFTER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessBlock:
    """A conditional access policy that blocks; None matches everything.

    Attributes:
        flow: ``device_code`` blocks that flow alone.
    """

    user_id: str | None = None
    app_id: str | None = None
    flow: str | None = None


class Tenant:
    """A tenant. Whoever changes it beside a running server holds the directory's lock.

    Attributes:
        domains: Verified domains; the first is the initial one, the last the default.
        sharepoint_host: The host name that SharePoint's tokens are made for.
        users_may_consent: People may consent for themselves to what needs no administrator.
        users_may_register: People who are no administrators may register applications.
        blocks: Conditional access policies in force.
        reach: What Exchange and SharePoint allow on their own account.
        contexts: Authentication context (``c1``) that a resource's app id wants to see in a token.
    """

    def __init__(self, id_: str, name: str, domains: Iterable[str], *, clock: Clock) -> None:
        self.id = id_
        self.name = name
        self.domains = tuple(domains)
        self.created_at = clock.now()
        self.sharepoint_host = f"{self.domains[0].partition('.')[0]}.sharepoint.com"
        self.users_may_consent = True
        self.users_may_register = True
        self.blocks: list[AccessBlock] = []
        self.contexts: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.applications: dict[str, Application] = {}
        self.principals: dict[str, ServicePrincipal] = {}
        self.role_assignments: dict[str, RoleAssignment] = {}
        self.scope_grants: dict[str, ScopeGrant] = {}
        self.reach = Reach(id_, sharepoint_host=self.sharepoint_host, clock=clock)
        self._clock = clock
        self._made = 0
        for resource in well_known.RESOURCES.values():
            self.add_principal(resource.app_id, resource.name)

    def serve_sharepoint_at(self, host: str) -> None:
        """Have SharePoint at another host (and port), before any site is made."""
        assert not self.reach.sites, "their addresses hold the host"
        self.sharepoint_host = host
        self.reach = Reach(self.id, sharepoint_host=host, clock=self._clock)

    # People

    def add_user(
        self,
        upn: str,
        name: str,
        *,
        password: str,
        second_factor: SecondFactor = "none",
        roles: Iterable[str] = (),
        has_mailbox: bool = True,
        mailbox_guid: str = "",
    ) -> User:
        """Make a user; the object id is the same at every start."""
        user = User(
            id=self._guid("user", upn),
            upn=upn,
            name=name,
            password=password,
            second_factor=second_factor,
            factor_key=self._guid("factor", upn).encode(),
            roles=set(roles),
            has_mailbox=has_mailbox,
            mailbox_guid=mailbox_guid or self._guid("mailbox", upn),
            valid_from=datetime.fromtimestamp(0, tz=self.created_at.tzinfo),
            created_at=self._clock.now(),
        )
        self.users[user.id] = user
        return user

    def user(self, name: str) -> User | None:
        """Find a user by object id or principal name."""
        by_id = self.users.get(name)
        if by_id is not None:
            return by_id
        wanted = name.casefold()
        return next((user for user in self.users.values() if user.upn.casefold() == wanted), None)

    def set_password(self, user: User, password: str) -> None:
        """Change a password, which ends every session of that user."""
        user.password = password
        user.wrong_passwords, user.is_locked, user.password_expired = 0, False, False
        self.revoke_sessions(user)

    def revoke_sessions(self, user: User) -> None:
        """End all sessions: refresh tokens at once, access tokens where the API listens (CAE)."""
        user.valid_from = self._clock.now()

    def count_wrong_password(self, user: User) -> None:
        """Lock the account once too many were wrong."""
        user.wrong_passwords += 1
        user.is_locked = user.is_locked or user.wrong_passwords >= _LOCKED_AFTER

    def block(
        self, *, user: User | None = None, app_id: str | None = None, flow: str | None = None
    ) -> AccessBlock:
        """Put a blocking conditional access policy in force."""
        made = AccessBlock(user_id=user.id if user else None, app_id=app_id, flow=flow)
        self.blocks.append(made)
        return made

    def is_blocked(self, *, user: User | None, app_id: str, flow: str) -> bool:
        """Say whether a policy blocks this sign-in."""
        user_id = user.id if user else None
        return any(
            policy.user_id in (None, user_id)
            and policy.app_id in (None, app_id)
            and policy.flow in (None, flow)
            for policy in self.blocks
        )

    # Applications

    def add_application(
        self,
        name: str,
        *,
        app_id: str | None = None,
        is_public: bool = False,
        is_multi_tenant: bool = False,
        redirects: Iterable[str] = (),
        with_principal: bool = True,
    ) -> Application:
        """Register an application, and make its service principal.

        Args:
            name: What people see.
            app_id: What clients call themselves; None draws one.
            is_public: "Allow public client flows".
            is_multi_tenant: Other tenants may consent to it.
            redirects: For "Mobile and desktop applications".
            with_principal: Make its presence in this tenant too.
        """
        self._made += 1
        made = Application(
            id=self._guid("application", str(self._made)),
            app_id=app_id or self._guid("client", str(self._made)),
            name=name,
            home=self.id,
            created_at=self._clock.now(),
            is_public=is_public,
            is_multi_tenant=is_multi_tenant,
            public_redirects=list(redirects),
        )
        self.applications[made.app_id] = made
        if with_principal:
            self.add_principal(made.app_id, name)
        return made

    def add_principal(self, app_id: str, name: str) -> ServicePrincipal:
        """Make the service principal of an application in this tenant."""
        made = ServicePrincipal(
            id=self._guid("principal", app_id),
            app_id=app_id,
            name=name,
            created_at=self._clock.now(),
            valid_from=datetime.fromtimestamp(0, tz=self.created_at.tzinfo),
        )
        self.principals[made.id] = made
        return made

    def principal(self, app_id: str) -> ServicePrincipal | None:
        """Find the service principal of an application."""
        return next((one for one in self.principals.values() if one.app_id == app_id), None)

    def remove_application(self, application: Application) -> None:
        """Delete an application with its service principal and all it was allowed."""
        self.applications.pop(application.app_id, None)
        principal = self.principal(application.app_id)
        if principal is not None:
            self.remove_principal(principal)

    def remove_principal(self, principal: ServicePrincipal) -> None:
        """Delete a service principal and all it was allowed."""
        self.principals.pop(principal.id, None)
        self.revoke_consent(principal.app_id, principal)

    def add_secret(self, application: Application, value: str, *, days: float = 180) -> str:
        """Give an application a secret and say its key id."""
        key_id = str(uuid.uuid4())
        ends_at = self._clock.now() + timedelta(days=days)
        application.secrets.append(ClientSecret(key_id=key_id, value=value, ends_at=ends_at))
        return key_id

    def expire_secrets(self, application: Application) -> None:
        """Let the secrets of an application end now."""
        for secret in application.secrets:
            secret.ends_at = self._clock.now()

    def add_certificate(
        self, application: Application, certificate: x509.Certificate, *, name: str = ""
    ) -> ClientCertificate:
        """Let an application sign with the private key of a certificate."""
        made = ClientCertificate(
            key_id=str(uuid.uuid4()),
            certificate=certificate,
            display_name=name or certificate.subject.rfc4514_string(),
            added_at=self._clock.now(),
        )
        application.certificates.append(made)
        return made

    # Consent

    def grant_role(self, principal: ServicePrincipal, resource: str, role_id: str) -> None:
        """Grant an application permission by its id; granting it again changes nothing."""
        target = self.principal(resource)
        assert target is not None, "Microsoft's own service principals are never deleted"
        held = {one.role_id for one in self.assignments(principal, resource)}
        if role_id not in held:
            made = RoleAssignment(
                id=str(uuid.uuid4()),
                principal_id=principal.id,
                resource_id=target.id,
                role_id=role_id,
                created_at=self._clock.now(),
            )
            self.role_assignments[made.id] = made

    def grant(self, app_id: str, resource: str, *roles: str) -> None:
        """Grant application permissions by their names."""
        principal = self.principal(app_id)
        assert principal is not None, f"{app_id} has no service principal here"
        for value in roles:
            right = well_known.RESOURCES[resource].role(value)
            assert right is not None, f"there is no permission {value}"
            self.grant_role(principal, resource, right.id)

    def assignments(self, principal: ServicePrincipal, resource: str) -> list[RoleAssignment]:
        """List the application permissions that a principal holds on a resource."""
        target = self.principal(resource)
        return [
            one
            for one in self.role_assignments.values()
            if one.principal_id == principal.id and target and one.resource_id == target.id
        ]

    def consent(
        self,
        principal: ServicePrincipal,
        resource: str,
        scopes: Iterable[str],
        *,
        user: User | None,
    ) -> None:
        """Let an application act for a person, or for everyone (``user`` None)."""
        target = self.principal(resource)
        assert target is not None, "Microsoft's own service principals are never deleted"
        user_id = user.id if user else None
        for grant in self.scope_grants.values():
            is_same = (grant.client_id, grant.resource_id) == (principal.id, target.id)
            if is_same and grant.user_id == user_id:
                grant.scopes.extend(one for one in scopes if one not in grant.scopes)
                return
        made = ScopeGrant(
            id=str(uuid.uuid4()),
            client_id=principal.id,
            resource_id=target.id,
            user_id=user_id,
            scopes=list(dict.fromkeys(scopes)),
        )
        self.scope_grants[made.id] = made

    def consented(self, app_id: str, resource: str, user: User) -> set[str]:
        """Name the delegated permissions that an application has for a person."""
        principal, target = self.principal(app_id), self.principal(resource)
        if principal is None or target is None:
            return set()
        return {
            scope
            for grant in self.scope_grants.values()
            if (grant.client_id, grant.resource_id) == (principal.id, target.id)
            and grant.user_id in (None, user.id)
            for scope in grant.scopes
        }

    def revoke_consent(self, app_id: str, principal: ServicePrincipal | None = None) -> None:
        """Take back everything an application was allowed, delegated and application rights."""
        gone = principal or self.principal(app_id)
        if gone is None:
            return
        self.role_assignments = {
            key: one for key, one in self.role_assignments.items() if one.principal_id != gone.id
        }
        self.scope_grants = {
            key: one for key, one in self.scope_grants.items() if one.client_id != gone.id
        }

    def _guid(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self.id), f"{kind} {name.casefold()}"))
