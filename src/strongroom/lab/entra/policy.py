"""May this person have this token through this application? Asked at sign-in and every refresh."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import orjson

from strongroom.lab.entra import well_known
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.scopes import Wanted
from strongroom.lab.entra.sessions import Session
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User


def check_password(tenant: Tenant, upn: str, password: str) -> User:
    """Find the user, if the password is right and the account may sign in.

    An app password is as wrong here as any other: only legacy protocols take it.

    Raises:
        Refused: 50034, 50053, 50126, 50057, 50055.
    """
    user = tenant.user(upn)
    if user is None:
        raise Refused(50034, user=upn, tenant=tenant.name)
    if user.is_locked:
        raise Refused(50053)
    if not hmac.compare_digest(user.password.encode(), password.encode()):
        tenant.count_wrong_password(user)
        raise Refused(50126)
    user.wrong_passwords = 0
    if not user.is_enabled:
        raise Refused(50057)
    if user.password_expired:
        raise Refused(50055)
    return user


def check_legacy(tenant: Tenant, upn: str, password: str) -> User:
    """Check a sign-in by a protocol that can ask for no second factor: the legacy token service.

    Raises:
        Refused: as ``check_password``; 50076, the second factor cannot be asked for here, so the
            ordinary password is refused and only an app password would do.
    """
    user = tenant.user(upn)
    given = password.encode()
    if user is not None and user.is_enabled and not user.is_locked:
        for one in user.app_passwords:
            if hmac.compare_digest(one.encode(), given):
                return user
    user = check_password(tenant, upn, password)
    check_factor(user, resource=well_known.SHAREPOINT, has_factor=False)
    return user


def check_factor(user: User, *, resource: str, has_factor: bool) -> None:
    """Check the second factor.

    Raises:
        Refused: 50076, it was not shown; 50079, there is none yet.
    """
    if user.second_factor == "not-enrolled":
        raise Refused(50079, resource=resource, claims=_factor_claims())
    if user.second_factor == "code" and not has_factor:
        raise Refused(50076, resource=resource, claims=_factor_claims())


def check_access(tenant: Tenant, user: User, application: Application, *, flow: str) -> None:
    """Check the policies that need no page.

    Raises:
        Refused: 53003, a policy blocks it; 50105, the user is not assigned to the application;
            7000112, the application is disabled here.
    """
    principal = tenant.principal(application.app_id)
    if principal is not None and not principal.is_enabled:
        raise Refused(7000112, app=application.app_id, name=application.name)
    if tenant.is_blocked(user=user, app_id=application.app_id, flow=flow):
        raise Refused(53003)
    if principal is not None and principal.needs_assignment:
        raise Refused(50105, app=application.app_id, name=application.name)


def check_session(
    session: Session, application: Application, wanted: Wanted, *, contexts: frozenset[str]
) -> None:
    """Check everything that may have changed since somebody signed in.

    Raises:
        Refused: the session is worth nothing for this any more.
    """
    tenant, user = session.tenant, session.user
    if not user.is_enabled:
        raise Refused(50057)
    check_access(tenant, user, application, flow=session.flow)
    check_factor(user, resource=wanted.resource, has_factor=session.has_factor)
    if not contexts <= session.contexts and not session.has_factor:
        raise Refused(50076, resource=wanted.resource, claims=_context_claims(contexts))
    if missing_scopes(tenant, user, application, wanted):
        raise Refused(65001, app=application.app_id, name=application.name)


def missing_scopes(
    tenant: Tenant, user: User, application: Application, wanted: Wanted
) -> tuple[str, ...]:
    """Name the rights that still need consent."""
    held = tenant.consented(application.app_id, wanted.resource, user)
    asked = wanted.names
    if wanted.is_default:
        ids = application.asks_for.get(wanted.resource, [])
        api = well_known.RESOURCES[wanted.resource]
        found = (api.by_id(one) for one in ids)
        asked = tuple(right.value for right in found if right and not right.is_application)
        # ".default" without anything registered is as good as what was once consented to.
        if not asked and not held:
            asked = ("User.Read",) if wanted.resource == well_known.GRAPH else ()
    return tuple(name for name in asked if name not in held)


def takes_public(application: Application, redirect_uri: str) -> bool:
    """Say whether a code sent to that address is redeemed without secret or certificate."""
    return _registered(redirect_uri, application.public_redirects)


def takes_redirect(application: Application, redirect_uri: str) -> bool:
    """Say whether the address is registered; ``http://localhost`` is good for every port."""
    registered = [*application.public_redirects, *application.web_redirects]
    return _registered(redirect_uri, registered)


def _registered(redirect_uri: str, registered: list[str]) -> bool:
    if redirect_uri in registered:
        return True
    place = urlsplit(redirect_uri)
    if place.scheme != "http" or place.hostname not in {"localhost", "127.0.0.1"}:
        return False
    if place.username is not None or place.password is not None:
        return False
    for one in registered:
        mine = urlsplit(one)
        if (mine.scheme, mine.hostname) == (place.scheme, place.hostname):
            return (mine.path.rstrip("/") or "/") == (place.path.rstrip("/") or "/")
    return False


def _factor_claims() -> str:
    return orjson.dumps({"access_token": {"capolids": {"essential": True, "values": []}}}).decode()


def _context_claims(contexts: frozenset[str]) -> str:
    wants = {"acrs": {"essential": True, "values": sorted(contexts)}}
    return orjson.dumps({"access_token": wants}).decode()
