"""The pages that a browser sees, plain HTML with forms; a test's client can fill them in.

Everything that came from outside is escaped: client names, scopes, user names and state are chosen
by whoever registers an application or writes a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from strongroom.lab.https import Response

STEP = "/entra/signin"
DEVICE = "/entra/device"

_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store, no-cache"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
_STRICT = ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")


def login_page(flow: str, app: str, *, hint: str = "", error: str = "") -> Response:
    """Ask for user name and password."""
    fields = (
        f"<label>User <input name='login' value='{escape(hint)}'></label>"
        "<label>Password <input name='passwd' type='password'></label>"
        "<button name='go' value='next'>Sign in</button>"
    )
    return _step("Sign in to your account", flow, f"to continue to {escape(app)}", fields, error)


def factor_page(flow: str, user: str, *, error: str = "") -> Response:
    """Ask for the code of the authenticator."""
    fields = (
        "<label>Code <input name='otc' autocomplete='one-time-code'></label>"
        "<button name='go' value='next'>Verify</button>"
    )
    return _step("Enter code", flow, f"{escape(user)}, open your authenticator app", fields, error)


def consent_page(
    flow: str, app: str, rights: Iterable[str], *, may_consent_for_all: bool, is_for_all: bool
) -> Response:
    """Ask whether the application may have what it wants."""
    listed = "".join(f"<li>{escape(right)}</li>" for right in rights)
    box = (
        "<label><input type='checkbox' name='for_all' value='yes'>"
        "Consent on behalf of your organization</label>"
        if may_consent_for_all and not is_for_all
        else ""
    )
    fields = f"<ul>{listed}</ul>{box}<button name='go' value='accept'>Accept</button>"
    title = "Permissions requested"
    if is_for_all:
        title += ": review for your organization"
    return _step(title, flow, escape(app), fields, "")


def confirm_page(flow: str, app: str) -> Response:
    """Ask whether the person means to sign in on another device: the guard against phishing."""
    fields = "<button name='go' value='next'>Continue</button>"
    return _step(f"Are you trying to sign in to {escape(app)}?", flow, "", fields, "")


def device_page(*, error: str = "") -> Response:
    """Ask for the code that the device shows."""
    return _page(
        "Enter code",
        f"<form method='post' action='{DEVICE}'>{_error(error)}"
        "<label>Code <input name='otc'></label><button name='go' value='next'>Next</button></form>",
    )


def refusal_page(flow: str, text: str, *, status: int = 200) -> Response:
    """Say why it goes no further; with a flow, offer the way back to the application."""
    back = ""
    if flow:
        back = (
            f"<form method='post' action='{STEP}'><input type='hidden' name='flow' "
            f"value='{escape(flow)}'><button name='go' value='cancel'>Return to the application"
            "</button></form>"
        )
    return _page("Sorry, but we're having trouble signing you in", _error(text) + back, status)


def done_page(app: str) -> Response:
    """Say that the device is signed in."""
    return _page(
        "You have signed in",
        f"<p>You have signed in to the {escape(app)} application on your device. You may now close "
        "this window.</p>",
    )


def post_back_page(address: str, fields: Mapping[str, str]) -> Response:
    """Send the browser back by a form that submits itself (``response_mode=form_post``)."""
    inputs = "".join(
        f"<input type='hidden' name='{escape(name)}' value='{escape(value)}'>"
        for name, value in fields.items()
    )
    body = (
        f"<form method='post' name='hiddenform' action='{escape(address)}'>{inputs}"
        "<noscript><button>Continue</button></noscript></form>"
        "<script>document.forms[0].submit();</script>"
    )
    return _page("Working...", body, is_strict=False)


def _step(title: str, flow: str, lead: str, fields: str, error: str) -> Response:
    return _page(
        title,
        f"<p>{lead}</p>{_error(error)}<form method='post' action='{STEP}'>"
        f"<input type='hidden' name='flow' value='{escape(flow)}'>{fields}"
        "<button name='go' value='cancel'>Cancel</button></form>",
    )


def _error(text: str) -> str:
    return f"<div id='error' role='alert'>{escape(text)}</div>" if text else ""


def _page(title: str, body: str, status: int = 200, *, is_strict: bool = True) -> Response:
    headers = [*_HEADERS, _STRICT] if is_strict else list(_HEADERS)
    whole = (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{title}</title></head>"
        f"<body><h1>{title}</h1>{body}</body></html>"
    )
    return Response(status=status, headers=headers, body=whole.encode())
