"""SharePoint's old sign-in by name and password: which password, and what speaks against it."""

from __future__ import annotations

from strongroom.service.details import SHAREPOINT_ONLINE
from strongroom.service.wizard.answers import Answers
from strongroom.service.wizard.steps import choice, secret, text
from strongroom.service.wizard.words import Notice, NoticeKind


def _warning(_: Answers) -> tuple[Notice, ...]:
    # Loaded here: HTTP loads slowly.
    from strongroom.wire.sharepoint.legacy import APP_PASSWORD_WARNING  # noqa: PLC0415

    return (Notice(kind=NoticeKind.WARNING, text=APP_PASSWORD_WARNING),)


def _sign_in_server(answers: Answers, typed: str) -> str:
    # Loaded here: see above.
    from strongroom.wire.origins import Origin  # noqa: PLC0415
    from strongroom.wire.sharepoint.claims import SignInServer  # noqa: PLC0415

    if answers.text("kind") == SHAREPOINT_ONLINE:
        Origin.of(typed)
    else:
        SignInServer.of(typed)
    return typed


SIGN_IN_SERVER = text(
    "sign_in_server",
    "Where does the account's organisation sign it in (AD FS)? (Enter if nowhere)",
    help="The address of that page as a browser shows it, up to and with wtrealm: "
    "https://sts.example.com/adfs/ls/?wtrealm=urn:sharepoint:portal. The password goes there and "
    "nowhere else. Left empty, trying the connection says where the farm sends people.",
    check=_sign_in_server,
    is_optional=True,
    is_asked=lambda answers: answers.is_("auth", "legacy"),
)

PROOF = choice(
    "proof",
    "Which password does the account have?",
    (
        ("password", "its ordinary password (no second factor)"),
        ("app_password", "an app password (the account has a second factor)"),
    ),
    default="password",
    help="This old sign-in cannot ask for a second factor, so it refuses the ordinary password of "
    "an account that has one. Such an account makes an app password under My Account, Security "
    "info, Add sign-in method; it has 16 letters.",
    is_asked=lambda answers: answers.is_("auth", "legacy"),
)

APP_PASSWORD = secret(
    "app_password",
    lambda answers: f"App password of {answers.text('user')}?",
    help="16 letters, as My Account showed it once. It is not shown as you type.",
    is_asked=lambda answers: answers.is_("proof", "app_password"),
    told=_warning,
)
