"""What a test of a connection finds out, changing nothing: each right that jobs will need.

Only the server's code of an error is ever shown, never its words: a test can be pointed at any
address, and must not become a way to read what answers there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from strongroom.errors import (
    OperatorError,
    ServerUnreachable,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.sources.sharepoint.remedies import ApplicationRemedies, Remedies
from strongroom.sources.sharepoint.scope import SCOPE, Application
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import (
    READ,
    WRITE,
    Rights,
    Web,
    read_web,
    read_whom,
    site_path,
)
from strongroom.words.capability import Capability, CapabilityOutcome

SIGN_IN = "sign-in"
SITE_ACCESS = "site-access"
SITE_WRITE = "site-write"
LIST_SITES = "list-sites"
RESTORE_SIGN_IN = "restore-sign-in"
BACKUP_ONLY = "backup-only"

_PROVED, _MISSING = CapabilityOutcome.PROVED, CapabilityOutcome.MISSING
_UNKNOWN, _NOT_APPLICABLE = CapabilityOutcome.UNKNOWN, CapabilityOutcome.NOT_APPLICABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried, and with whom.

    Attributes:
        rest: As the account or application that backs up.
        restorer: As the one that restores; None: the same.
        site: Address of the site to try on.
        remedies: What to do about what is missing.
        first_site: Gives the first of all sites that can be listed; raises ``StrongroomError``.
        application: Who backs up, if it is an application.
        sees_permissions: It is meant to have full control, to see permissions.
    """

    rest: RestConnection
    restorer: RestConnection | None
    site: str
    remedies: Remedies
    first_site: Callable[[], object]
    application: Application | None
    sees_permissions: bool = False


def tried_capabilities(trial: Trial) -> Sequence[Capability]:
    """Try each capability with as few requests as it takes, and none that changes anything.

    Raises:
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    signed_in = _sign_in(SIGN_IN, trial.rest, trial.site)
    if signed_in.outcome is not _PROVED:
        # Every further try would count as one more wrong password, and lock the account.
        why = "Not tried: the sign-in was not accepted."
        names = [SITE_ACCESS, SITE_WRITE, LIST_SITES, *([SCOPE] if trial.application else [])]
        return (signed_in, *(_of(name, _UNKNOWN, why) for name in names))
    opened = _opened(trial.rest, trial.site)
    return (
        signed_in,
        _site_access(trial, opened),
        *(_restores(trial, opened) if trial.restorer else [_site_write(trial, trial.rest, opened)]),
        _list_sites(trial, opened),
        *_scope(trial),
    )


def _scope(trial: Trial) -> Sequence[Capability]:
    application, remedies = trial.application, trial.remedies
    if application is None or not isinstance(remedies, ApplicationRemedies):
        return []
    return [application.reach(site_path(trial.site), remedies)]


def _sign_in(name: str, rest: RestConnection, site: str) -> Capability:
    user = rest.user
    try:
        whom = read_whom(rest, site_path(site))
    except SiteDenied as error:
        if error.status == 403:
            return _of(name, _PROVED, f"Signed in as {user}.")
        return _of(name, _MISSING, str(error), error.hint)
    except SiteRefused as error:
        # It understood who asks, and answered in its own language.
        return _of(name, _PROVED, f"Signed in as {user}. {error.why}")
    except (ServerUnreachable, TransientError):
        raise
    except OperatorError as error:
        return _of(name, _MISSING, str(error), error.hint)
    known = f"; the site knows it as {whom.login}" if whom.login else ""
    return _of(name, _PROVED, f"Signed in as {user}{known}.")


def _site_access(trial: Trial, found: Web | StrongroomError) -> Capability:
    user, site = trial.rest.user, trial.site
    if isinstance(found, SiteDenied):
        detail = f"{trial.rest.subject} may not open {site}. {_said(found)}"
        return _of(SITE_ACCESS, _MISSING, detail, trial.remedies.read(site, user))
    if isinstance(found, SiteRefused) and found.status == 404:
        detail = f"There is no site {site}, so nothing is known of the right. {_said(found)}"
        return _of(SITE_ACCESS, _UNKNOWN, detail, "Check the address of the site.")
    if not isinstance(found, Web):
        return _not_known(SITE_ACCESS, found)
    if found.rights is None:
        return _of(
            SITE_ACCESS,
            _PROVED,
            f"{trial.rest.subject} opened {site}; which rights it has was not told.",
        )
    if found.rights & READ != READ:
        detail = f"{trial.rest.subject} opens {site}, but lacks {_named(READ & ~found.rights)}."
        return _of(SITE_ACCESS, _MISSING, detail, trial.remedies.read(site, user))
    detail = f"{trial.rest.subject} may read {site} and the versions of what is in it."
    if not found.rights & Rights.ENUMERATE_PERMISSIONS:
        detail += " It may not see who has which rights there; only Full Control shows that."
    return _of(SITE_ACCESS, _PROVED, detail)


def _restores(trial: Trial, opened: Web | StrongroomError) -> Sequence[Capability]:
    """Try the application that restores, and that the other one can only read."""
    assert trial.restorer is not None
    signed_in = _sign_in(RESTORE_SIGN_IN, trial.restorer, trial.site)
    if signed_in.outcome is not _PROVED:
        why = "Not tried: the sign-in of the application that restores was not accepted."
        return [signed_in, _of(SITE_WRITE, _UNKNOWN, why), _backup_only(trial, opened)]
    found = _opened(trial.restorer, trial.site)
    return [signed_in, _site_write(trial, trial.restorer, found), _backup_only(trial, opened)]


def _backup_only(trial: Trial, found: Web | StrongroomError) -> Capability:
    user, site = trial.rest.user, trial.site
    if not isinstance(found, Web) or found.rights is None:
        return _of(BACKUP_ONLY, _UNKNOWN, f"What {user} may do on {site} was not told.")
    excess = found.rights & WRITE
    if excess and trial.sees_permissions:
        detail = (
            f"{trial.rest.subject} has full control of {site}, which seeing its permissions takes."
            " Backups only read by it; whoever steals its certificate could write."
        )
        return _of(BACKUP_ONLY, _NOT_APPLICABLE, detail)
    if excess:
        detail = (
            f"{trial.rest.subject} is to back up only, and may write as well: {_named(excess)}."
            " Restores sign in as another application."
        )
        return _of(BACKUP_ONLY, _MISSING, detail, trial.remedies.only_read(site, user))
    return _of(BACKUP_ONLY, _PROVED, f"{trial.rest.subject} can only read {site}.")


def _site_write(trial: Trial, rest: RestConnection, found: Web | StrongroomError) -> Capability:
    site = trial.site
    if isinstance(found, SiteDenied):
        detail = f"{rest.subject} may not open {site}, so it cannot put it back. {_said(found)}"
        return _of(SITE_WRITE, _MISSING, detail, trial.remedies.write(site, rest.user))
    if not isinstance(found, Web):
        return _not_known(SITE_WRITE, found)
    if found.rights is None:
        return _of(SITE_WRITE, _UNKNOWN, f"{site} did not tell which rights {rest.user} has.")
    if found.rights & WRITE != WRITE:
        detail = (
            f"{rest.subject} may not put {site} back: it lacks {_named(WRITE & ~found.rights)}."
            " Backups need none of that."
        )
        # An application that can only read is as it should be: another one restores.
        is_reader = trial.application is not None and trial.restorer is None
        outcome = _NOT_APPLICABLE if is_reader else _MISSING
        return _of(SITE_WRITE, outcome, detail, trial.remedies.write(site, rest.user))
    detail = f"{rest.subject} may write to {site}, its lists and its permissions."
    if not found.rights & Rights.ADD_AND_CUSTOMIZE_PAGES:
        detail += " Custom scripts are off there, so web parts with scripts cannot be put back."
    return _of(SITE_WRITE, _PROVED, detail)


def _list_sites(trial: Trial, opened: Web | StrongroomError) -> Capability:
    user = trial.rest.subject
    if trial.application is None and not isinstance(opened, Web):
        why = "Not tried: the search is asked at the site, which did not open."
        return _of(LIST_SITES, _UNKNOWN, why)
    try:
        trial.first_site()
    except (ServerUnreachable, TransientError) as error:
        return _not_known(LIST_SITES, error)
    except StrongroomError as error:
        if trial.application is not None and trial.application.is_narrow():
            detail = f"{user} is confined to chosen sites, so it lists none: name them one by one."
            return _of(LIST_SITES, _NOT_APPLICABLE, detail)
        detail = f"{user} cannot list the sites. {_said(error)}"
        return _of(LIST_SITES, _MISSING, detail, trial.remedies.list_sites())
    return _of(LIST_SITES, _PROVED, f"{user} may list the sites.")


def _opened(rest: RestConnection, site: str) -> Web | StrongroomError:
    try:
        return read_web(rest, site_path(site))
    except SignInEnded:
        raise
    except StrongroomError as error:
        return error


def _named(rights: Rights) -> str:
    return ", ".join((one.name or "").replace("_", " ").lower() for one in rights)


def _said(error: StrongroomError) -> str:
    """Tell the server's code and status; its words stay out."""
    code, status = getattr(error, "code", ""), getattr(error, "status", 0)
    if not status:
        return ""
    return f"The server says {code} (HTTP {status})." if code else f"HTTP {status}."


def _not_known(name: str, error: StrongroomError) -> Capability:
    said = _said(error) or f"The request failed ({type(error).__name__})."
    return _of(name, _UNKNOWN, f"It could not be tried to the end. {said}")


def _of(name: str, outcome: CapabilityOutcome, detail: str, remedy: str = "") -> Capability:
    return Capability(name=name, outcome=outcome, detail=detail.strip(), remedy=remedy)
