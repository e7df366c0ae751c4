"""How Entra ID refuses: a number, a name and a sentence, in a body that clients parse.

Source:
    https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from strongroom.lab.https import Response

_LOGIN = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class _Story:
    error: str
    text: str
    suberror: str = ""


_FACTOR = (
    "Due to a configuration change made by your administrator, or because you moved to a new "
    "location, you must {what} multi-factor authentication to access '{resource}'."
)

_STORIES: Mapping[int, _Story] = {
    28000: _Story(
        "invalid_request",
        "Provided value for the input parameter scope is not valid because it contains more than "
        "one resource. Scope {scope} is not valid.",
    ),
    50011: _Story(
        "invalid_request",
        "The redirect URI '{redirect}' specified in the request does not match the redirect URIs "
        "configured for the application '{app}'.",
    ),
    50012: _Story("invalid_client", "Client assertion contains an invalid signature. {why}"),
    50020: _Story(
        "invalid_grant",
        "User account '{user}' from identity provider does not exist in tenant '{tenant}' and "
        "cannot access the application '{app}' in that tenant.",
    ),
    50034: _Story(
        "invalid_grant",
        "The user account {user} does not exist in the {tenant} directory. To sign into this "
        "application, the account must be added to the directory.",
    ),
    50053: _Story(
        "invalid_grant",
        "The account is locked, you've tried to sign in too many times with an incorrect user ID "
        "or password.",
    ),
    50055: _Story("invalid_grant", "The password is expired.", "user_password_expired"),
    50057: _Story("invalid_grant", "The user account is disabled."),
    50058: _Story(
        "login_required",
        "A silent sign-in request was sent but no user is signed in.",
    ),
    50059: _Story(
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided "
        "credentials.",
    ),
    50076: _Story("invalid_grant", _FACTOR.replace("{what}", "use"), "basic_action"),
    50079: _Story("invalid_grant", _FACTOR.replace("{what}", "enroll in"), "basic_action"),
    50105: _Story(
        "invalid_grant",
        "Your administrator has configured the application {name} ('{app}') to block users unless "
        "they are specifically granted ('assigned') access to the application.",
    ),
    50126: _Story(
        "invalid_grant", "Error validating credentials due to invalid username or password."
    ),
    50173: _Story(
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. "
        "The user might have changed or reset their password.",
        "bad_token",
    ),
    53003: _Story(
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow "
        "token issuance.",
        "message_only",
    ),
    54005: _Story(
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or "
        "use an existing refresh token.",
    ),
    65001: _Story(
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{app}' named "
        "'{name}'. Send an interactive authorization request for this user and resource.",
        "consent_required",
    ),
    65004: _Story("access_denied", "User declined to consent to access the app."),
    70000: _Story("invalid_grant", "Provided grant is invalid or malformed."),
    70003: _Story(
        "unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."
    ),
    70008: _Story(
        "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send a "
        "new interactive authorization request for this user and resource.",
    ),
    70011: _Story(
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the "
        "input parameter 'scope' is not valid. The scope {scope} is not valid.",
    ),
    70016: _Story(
        "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    ),
    70020: _Story(
        "expired_token",
        "The provided value for the input parameter 'device_code' is "
        "not valid. This device code has expired.",
    ),
    90002: _Story(
        "invalid_tenant",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant.",
    ),
    90014: _Story(
        "invalid_request",
        "The required field '{field}' is missing from the credential. "
        "Ensure that you have all the necessary parameters for the login request.",
    ),
    90023: _Story("invalid_request", "{why}"),
    90033: _Story("temporarily_unavailable", "A transient error has occurred. Please try again."),
    90094: _Story(
        "access_denied",
        "An administrator of {tenant} has set a policy that prevents "
        "you from granting {name} the permissions it is requesting. Contact an "
        "administrator who can grant permissions to this application on your behalf.",
    ),
    500011: _Story(
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}. This "
        "can happen if the application has not been installed by the administrator of the tenant "
        "or consented to by any user in the tenant. You might have sent your authentication "
        "request to the wrong tenant.",
    ),
    500121: _Story("invalid_grant", "Authentication failed during strong authentication request."),
    501481: _Story(
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied "
        "in the authorization request.",
    ),
    650053: _Story(
        "invalid_client",
        "The application '{name}' asked for scope '{scope}' that doesn't exist on the resource "
        "'{resource}'. Contact the app vendor.",
    ),
    700054: _Story(
        "unsupported_response_type", "response_type is not enabled for the application."
    ),
    700016: _Story(
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant. You may have sent your authentication request to "
        "the wrong tenant.",
    ),
    700023: _Story(
        "invalid_client",
        "Client assertion audience claim does not match Realm issuer. Review the documentation at "
        "https://learn.microsoft.com/entra/identity-platform/certificate-credentials.",
    ),
    700024: _Story(
        "invalid_client",
        "Client assertion is not within its valid time range. Current time: {now}, assertion "
        "valid from {begins}, expiry time of assertion {ends}.",
    ),
    700027: _Story(
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on "
        "application. [Reason - The key was not found., Thumbprint of key used by client: "
        "'{thumbprint}', Please visit the Azure Portal, Graph Explorer or directly use MS Graph "
        "to see configured keys for app Id '{app}'].",
    ),
    700082: _Story("invalid_grant", "The refresh token has expired due to inactivity."),
    7000112: _Story("unauthorized_client", "Application '{app}'({name}) is disabled."),
    7000215: _Story(
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the "
        "client secret value, not the client secret ID, for a secret added to app '{app}'.",
    ),
    7000216: _Story(
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is "
        "required for the 'client_credentials' grant type.",
    ),
    7000218: _Story(
        "invalid_client",
        "The request body must contain the following parameter: "
        "'client_assertion' or 'client_secret'.",
    ),
    7000222: _Story(
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to "
        "create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
        "certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    7000229: _Story(
        "unauthorized_client",
        "The client application {app} is missing service principal in the tenant {tenant}.",
    ),
    7000233: _Story("invalid_client", "Attempted to use an expired certificate for app '{app}'."),
}

_STATUS: Mapping[str, int] = {"invalid_client": 401, "temporarily_unavailable": 503}


class Refused(Exception):
    """Entra ID says no, and why.

    Attributes:
        code: The number after ``AADSTS``; 0 for errors of OAuth that have none (``slow_down``).
        claims: What the client must bring next time, as JSON text.
    """

    def __init__(self, code: int, *, claims: str = "", error: str = "", **words: str) -> None:
        story = _STORIES.get(code, _Story(error, error))
        self.code = code
        self.error = error or story.error
        self.text = _fill(story.text, words)
        self.suberror = story.suberror
        self.claims = claims
        super().__init__(f"AADSTS{code}: {self.error}")

    @property
    def status(self) -> int:
        """The HTTP status of the token endpoint's answer."""
        return _STATUS.get(self.error, 400)

    def describe(self, at: datetime, correlation_id: str) -> str:
        """Give ``error_description`` as clients and redirects see it."""
        if not self.code:
            return self.text
        return (
            f"AADSTS{self.code}: {self.text} Trace ID: {uuid.uuid5(uuid.NAMESPACE_OID, self.text)} "
            f"Correlation ID: {correlation_id} Timestamp: {at:%Y-%m-%d %H:%M:%SZ}"
        )


def error_answer(refused: Refused, *, at: datetime, correlation_id: str) -> Response:
    """Make the token endpoint's answer."""
    body: dict[str, object] = {
        "error": refused.error,
        "error_description": refused.describe(at, correlation_id),
        "error_codes": [refused.code] if refused.code else [],
        "timestamp": f"{at:%Y-%m-%d %H:%M:%SZ}",
        "trace_id": str(uuid.uuid5(uuid.NAMESPACE_OID, refused.text)),
        "correlation_id": correlation_id,
    }
    if refused.code:
        body["error_uri"] = f"{_LOGIN}/error?code={refused.code}"
    if refused.suberror:
        body["suberror"] = refused.suberror
    if refused.claims:
        body["claims"] = refused.claims
    return json_answer(body, status=refused.status)


def json_answer(body: object, *, status: int = 200) -> Response:
    """Make an answer that nobody may keep."""
    return Response(
        status=status,
        headers=[
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", "no-store, no-cache"),
            ("Pragma", "no-cache"),
        ],
        body=orjson.dumps(body),
    )


def _fill(text: str, words: Mapping[str, str]) -> str:
    # Not str.format: what a client sent may contain braces.
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text
