"""What each of Entra ID's numbers means, and the exact step that mends it.

Source:
    https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from strongroom.errors import AccessDenied, OperatorError, SignInEnded, TransientError


class NotAdmitted(AccessDenied):
    """The tenant does not let the application in, whoever signs in through it."""


class Story(NamedTuple):
    """One refusal.

    Attributes:
        branch: Who must act; ``SignInEnded`` where what we keep to prove ourselves is not taken.
        what: One sentence: what did not work.
        why: The cause.
        hint: What to do now, as an exact step.
    """

    branch: type[OperatorError | TransientError]
    what: str
    why: str
    hint: str


_APPS = "Entra admin center, App registrations, the application"
_AGAIN = "Sign in again in the browser on this connection, with the second factor."
_SETUP = "The application is not set up for this sign-in."
_FACTOR = "Entra ID wants a second factor."
_OVER = "The sign-in is not valid any more."
_BLOCKED = "A policy of the tenant blocks this sign-in."
_NAMED = (
    "Conditional Access in the Entra admin center: Protection, Conditional Access, Sign-in logs"
)
_POLICY = f"Ask the tenant's administrator which policy it was ({_NAMED}) and to exempt this one."
_CERTIFICATE = (
    f"{_APPS}, Certificates & secrets, Certificates: upload the public part of the"
    " connection's certificate; or give the connection the one that is registered."
)
_SECRET = (
    f"{_APPS}, Certificates & secrets, Client secrets: make a new one and give its value (not its"
    " id) to the connection. A certificate is safer."
)
_CONSENT = f"{_APPS}, API permissions: press 'Grant admin consent', then try again."
_PUBLIC = f"{_APPS}, Authentication, Advanced settings: set 'Allow public client flows' to Yes."
_REDIRECT = (
    f"{_APPS}, Authentication, Add a platform, Mobile and desktop applications: add"
    " http://localhost"
)


def _factor(why: str, hint: str = _AGAIN) -> Story:
    return Story(SignInEnded, _FACTOR, why, hint)


def _over(why: str) -> Story:
    return Story(SignInEnded, _OVER, why, _AGAIN)


def _blocked(why: str, hint: str = _POLICY) -> Story:
    return Story(AccessDenied, _BLOCKED, why, hint)


def _account(why: str, hint: str) -> Story:
    return Story(AccessDenied, "This account cannot sign in.", why, hint)


def _setup(why: str, hint: str) -> Story:
    return Story(OperatorError, _SETUP, why, hint)


def _not_admitted(what: str, why: str, hint: str) -> Story:
    return Story(NotAdmitted, what, why, hint)


def _key(why: str, hint: str) -> Story:
    return Story(SignInEnded, "The application could not prove who it is.", why, hint)


def _busy(why: str) -> Story:
    hint = "Nothing has to be done: it is tried again."
    return Story(TransientError, "Entra ID cannot answer at the moment.", why, hint)


_ENROL = "Register a second factor at https://mysignins.microsoft.com/security-info, then sign in."
_NO_SCOPE = _setup(
    "It asked for a permission that does not exist in that form.",
    f"Check the connection's cloud and kind, and {_APPS}, API permissions.",
)
_NO_SECRET = _setup("It has to show a secret or a certificate, and has shown none.", _PUBLIC)

BY_CODE: Mapping[int, Story] = {
    # A second factor
    50072: _factor("There is none registered for this account yet.", _ENROL),
    50074: _factor("It was not given, or not accepted."),
    50076: _factor("The tenant's policy, or a new location, asks for it."),
    50078: _factor("The one that was given has expired."),
    50079: _factor("There is none registered for this account yet.", _ENROL),
    50158: _factor("It is asked for by an outside service that the tenant uses."),
    500121: _factor("It was not given, or not accepted."),
    # Policies
    50097: _blocked("Only known devices may sign in."),
    53000: _blocked("Only devices that comply with the tenant's rules may sign in."),
    53001: _blocked("Only devices that are joined to the domain may sign in."),
    53003: _blocked(
        "Conditional Access does not allow it. Device codes are often blocked.",
        f"Sign in in the browser instead of by device code. If that is what you did: {_POLICY}",
    ),
    53004: _blocked("A second factor cannot be registered from here: the risk is too high."),
    530035: _blocked("Security defaults do not allow it.", "Sign in in the browser instead."),
    50105: _not_admitted(
        _BLOCKED,
        "The account is not assigned to the application.",
        "Entra admin center, Enterprise applications, the application, Users and groups: add it.",
    ),
    # The account
    50034: _account("There is no such account in the tenant.", "Check the spelling of the name."),
    50053: _account(
        "It is locked after too many wrong passwords, or the address is known for attacks.",
        "Wait, or have it unlocked: Entra admin center, Users, the user, Reset password.",
    ),
    50055: _account("Its password has expired.", "Change the password, then sign in again."),
    50056: _account("It has no password here.", "Sign in in the browser instead."),
    50057: _account(
        "It is disabled.", "Entra admin center, Users, the user, Edit properties: enable it."
    ),
    50126: _account("The name or the password is wrong.", "Sign in again."),
    50020: _account(
        "It is a guest or belongs to another tenant.", "Sign in with an account of this tenant."
    ),
    500208: _account(
        "It is of a kind that this tenant does not let in.", "Use a work or school account."
    ),
    # The sign-in is over
    50089: _over("It took too long."),
    50132: _over("The password was changed, or the sessions were revoked."),
    50133: _over("The password was changed, or the sessions were revoked."),
    50173: _over("It was revoked: the password was changed, or an administrator ended sessions."),
    54005: _over("The code of this sign-in was used already."),
    70000: _over("What was kept of it is not accepted."),
    70008: _over("It was not used for too long, or took too long."),
    70043: _over("The tenant asks for a new sign-in from time to time."),
    700082: _over("It was not used for 90 days."),
    501481: _over("The code of this sign-in was not meant for this program."),
    70016: _over("The device code was not entered in time."),
    70020: _over("The device code was not entered in time."),
    # Consent
    65001: Story(
        AccessDenied,
        "The application has no permission for this.",
        "Consent was never given, or was taken back.",
        _CONSENT,
    ),
    65004: Story(
        AccessDenied,
        "The application has no permission for this.",
        "Whoever signed in declined to give it.",
        "Sign in again and accept, or have an administrator consent.",
    ),
    90094: Story(
        AccessDenied,
        "The application has no permission for this.",
        "In this tenant only an administrator can give it.",
        _CONSENT,
    ),
    # How the application is set up
    28000: _NO_SCOPE,
    28002: _NO_SCOPE,
    70011: _NO_SCOPE,
    650053: _NO_SCOPE,
    50011: _setup("The address that the browser goes back to is not registered.", _REDIRECT),
    700016: _not_admitted(
        _SETUP,
        "There is no such application in the tenant.",
        f"Check the connection's tenant, and compare its application id: {_APPS}, Overview. One"
        " that has just been made takes a minute to be known everywhere.",
    ),
    7000229: _not_admitted(
        _SETUP,
        "It was registered, but is not present in this tenant.",
        f"{_APPS}, API permissions: 'Grant admin consent' makes it present.",
    ),
    7000112: _not_admitted(
        _SETUP,
        "It is disabled in this tenant.",
        "Entra admin center, Enterprise applications, the application, Properties: set 'Enabled"
        " for users to sign-in' to Yes.",
    ),
    90002: Story(
        OperatorError,
        "There is no such tenant.",
        "Entra ID does not know it in this cloud.",
        "Check the tenant (Entra admin center, Overview, Tenant ID) and the connection's cloud.",
    ),
    500011: _setup(
        "The service that it wants to use is not present in this tenant.",
        "Check the connection's cloud and host, and that the tenant has a licence for the service.",
    ),
    7000216: _NO_SECRET,
    7000218: _NO_SECRET,
    50196: Story(
        OperatorError,
        "Entra ID has stopped answering this application for a while.",
        "It was asked for the same token too often in a short time.",
        "Wait some minutes. Look for another program that uses the same application.",
    ),
    # How the application proves itself
    50012: _key("What it signed with its certificate is not accepted.", _CERTIFICATE),
    700023: _key("What it signed was meant for another authority.", "Check the cloud and tenant."),
    700024: _key(
        "What it signed is not valid at this time.", "Check this machine's clock and time zone."
    ),
    700027: _key("Its certificate is not registered: perhaps it was rotated.", _CERTIFICATE),
    7000233: _key("Its certificate has expired.", _CERTIFICATE),
    7000215: _key("Its client secret is wrong.", _SECRET),
    7000222: _key("Its client secret has expired.", _SECRET),
    # Time heals these
    50033: _busy("It had a passing trouble."),
    50087: _busy("It had a passing trouble."),
    90033: _busy("It had a passing trouble."),
}
"""By AADSTS number."""

BY_ERROR: Mapping[str, Story] = {
    "access_denied": BY_CODE[65004],
    "authorization_declined": Story(
        AccessDenied,
        "The sign-in was declined.",
        "Somebody pressed 'Cancel' where the code was entered.",
        "Begin again, and accept.",
    ),
    "bad_verification_code": _over("The device code is not accepted."),
    "consent_required": BY_CODE[65001],
    "expired_token": _over("The device code was not entered in time."),
    "interaction_required": _over("Entra ID wants to see the person again."),
    "invalid_grant": _over("What was kept of it is not accepted."),
    "invalid_scope": _NO_SCOPE,
    "login_required": _over("Nobody is signed in."),
    "temporarily_unavailable": BY_CODE[90033],
    "server_error": BY_CODE[90033],
}
"""By OAuth's own word, where there is no number, or one that is not listed above."""
