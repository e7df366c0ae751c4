"""Steps that servers of one's own share: the account, its password, the server's own proof."""

from __future__ import annotations

from strongroom.errors import OperatorError
from strongroom.service.wizard import certificates, checks
from strongroom.service.wizard.answers import Answers
from strongroom.service.wizard.steps import choice, file, secret, text
from strongroom.service.wizard.words import Notice, NoticeKind

ACCOUNT = text(
    "user",
    "Which account signs in?",
    help="An account of the service's own is best, not a person's. Give it as user@domain or "
    "DOMAIN\\user; for Kerberos as user@REALM.",
    check=checks.account,
)

PASSWORD = secret(
    "password",
    lambda answers: f"Password of {answers.text('user')}?",
    help="It is not shown as you type, goes only to the server that you named, and is sealed when "
    "the connection is saved.",
    is_asked=lambda answers: not answers.is_("proof", "app_password"),
    told=certificates.told_of_authority,
)


def _why(_: Answers) -> tuple[Notice, ...]:
    said = (
        "A server has to prove its name before a password goes to it. That cannot be switched "
        "off; but you can say how it does."
    )
    return (Notice(kind=NoticeKind.NOTE, text=said),)


def _no_fingerprint(answers: Answers, typed: str) -> str:
    # Loaded here: HTTP loads slowly.
    from strongroom.wire.tls import normal_fingerprint  # noqa: PLC0415

    if answers.text("autodiscover"):
        raise OperatorError(
            "A server that is looked up cannot be known by one certificate.",
            why="Several servers are asked on the way.",
            hint="Type back, and choose your organisation's own authority; or name the server.",
        )
    return normal_fingerprint(typed)


TRUST = choice(
    "trust",
    "How does the server prove its name?",
    (
        ("public", "by an authority that this machine trusts already"),
        ("authority", "by our organisation's own certificate authority"),
        ("name", "its certificate carries another name than its address"),
        ("fingerprint", "it is known by this one certificate alone (self-signed)"),
    ),
    help="Servers of an organisation's own often have certificates of the organisation's own "
    "authority: then give that authority's certificate. If you reach the server by an IP address, "
    "say which name its certificate is for. A certificate that no authority vouches for can be "
    "named by its fingerprint; when it is renewed, the connection has to be told.",
    is_asked=lambda answers: answers.wants("trust"),
    told=_why,
)

AUTHORITY = file(
    "ca_pem",
    "File with the authority's certificate (PEM)?",
    help="Whoever runs your certificate authority has it; on Windows, certutil -ca.cert ca.cer "
    "writes it (then: openssl x509 -inform der -in ca.cer -out ca.pem). Its SHA-256 fingerprint is "
    "shown, so that you can compare it with theirs. It is trusted for this connection only.",
    check=certificates.authority,
    is_asked=lambda answers: answers.is_("trust", "authority"),
)

CERTIFICATE_NAME = text(
    "certificate_name",
    "Which name is the certificate for?",
    help="The name that a browser shows for the certificate (Subject Alternative Name), such as "
    "mail.example.com.",
    check=checks.host_name,
    is_asked=lambda answers: answers.is_("trust", "name"),
)

FINGERPRINT = text(
    "fingerprint",
    "SHA-256 fingerprint of the server's certificate?",
    help="64 digits and letters a to f, colons or not. Read it on the server itself, not over the "
    "network: whoever stands in between would show you theirs. On Windows: Get-ChildItem "
    "Cert:\\LocalMachine\\My shows certificates; openssl x509 -noout -fingerprint -sha256 -in FILE "
    "shows a file's.",
    check=_no_fingerprint,
    is_asked=lambda answers: answers.is_("trust", "fingerprint"),
)

PROOF_OF_SERVER = (TRUST, AUTHORITY, CERTIFICATE_NAME, FINGERPRINT)
