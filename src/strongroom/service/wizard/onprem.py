"""Steps that servers of one's own share: the account, its password, whose certificates count."""

from __future__ import annotations

from strongroom.service.wizard import certificates, checks
from strongroom.service.wizard.answers import Answers
from strongroom.service.wizard.steps import Step, file, secret, text
from strongroom.service.wizard.words import Notice, NoticeKind

ACCOUNT = text(
    "user",
    "Which account signs in?",
    help="An account of the service's own is best, not a person's. Give it as user@domain or "
    "DOMAIN\\user; for Kerberos as user@REALM.",
    check=checks.account,
)


def _why_an_authority(_: Answers) -> tuple[Notice, ...]:
    text = (
        "A server has to prove its name before a password goes to it; that cannot be switched off. "
        "If its certificate comes from your organisation's own authority, name that authority here."
    )
    return (Notice(kind=NoticeKind.NOTE, text=text),)


AUTHORITY = file(
    "ca_pem",
    "File with the authority's certificate (PEM)?",
    help="Whoever runs your certificate authority has it; on Windows, certutil -ca.cert ca.cer "
    "writes it (then: openssl x509 -inform der -in ca.cer -out ca.pem). Its SHA-256 fingerprint is "
    "shown, so that you can compare it with theirs. It is trusted for this connection only.",
    check=certificates.authority,
    is_asked=lambda answers: answers.wants("ca_pem"),
    told=_why_an_authority,
)


def password(
    *, question: str = "Password of {user}?", extra: str = "", key: str = "password"
) -> Step:
    """Make the step that asks for the account's password."""
    return secret(
        key,
        lambda answers: question.format(user=answers.text("user")),
        help="It is not shown as you type, goes only to the server that you named, and is sealed "
        f"when the connection is saved.{extra}",
        told=certificates.told_of_authority,
    )
