"""Certificates that somebody gives: whether they can be used, and what they are."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from strongroom.errors import OperatorError
from strongroom.service.wizard.answers import OPENED, Answers, Given
from strongroom.service.wizard.steps import Step, file
from strongroom.service.wizard.words import (
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
    Upload,
)
from strongroom.vault.secret import Secret

if TYPE_CHECKING:  # slow to load, and few need it
    from cryptography.x509 import Certificate

_LOCKED = "locked:"
_PEM_HINT = (
    "It must be in PEM form: text with a line -----BEGIN CERTIFICATE-----. A .cer or .der file is "
    "turned into one by: openssl x509 -inform der -in FILE -out FILE.pem"
)
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def authority(_: Answers, upload: Upload) -> Given:
    """Take the certificates of an authority.

    Raises:
        OperatorError: there are none, or a private key is in there too.
    """
    if b"PRIVATE KEY-----" in upload.content:
        raise OperatorError(
            "This file holds a private key, which must not leave the authority.",
            hint="Give a file with the authority's certificate alone.",
        )
    if not _read(upload.content):
        raise OperatorError("This file holds no certificate that can be used.", hint=_PEM_HINT)
    blocks = _BLOCK.findall(upload.content)
    return Given(value=b"\n".join(blocks).decode("ascii") + "\n", shown=upload.name)


def told_of_authority(answers: Answers) -> tuple[Notice, ...]:
    """Describe the authority's certificates, so that a person can compare them."""
    lines: list[str] = []
    for one in _read(answers.text("ca_pem").encode()):
        ends = one.not_valid_after_utc
        lines += [
            f"for {one.subject.rfc4514_string()}",
            f"  valid until {ends:%Y-%m-%d}{_ended(ends, answers.setting.now)}",
            f"  SHA-256 {_fingerprint(one)}",
        ]
    if not lines:
        return ()
    text = "Trusted for this connection, and for nothing else:"
    return (Notice(kind=NoticeKind.NOTE, text=text, lines=tuple(lines)),)


def application(
    key: str,
    question: str,
    *,
    is_asked: Callable[[Answers], bool],
    told: Callable[[Answers], Sequence[Notice]] = lambda _: (),
) -> tuple[Step, Step]:
    """Make the steps that ask for an application's certificate, and for the password of its key."""
    asks_file = file(
        key,
        question,
        help="One file with the certificate and its private key: PEM, or PFX as Windows exports "
        "it. It is sealed here; the application in the Entra admin center has the certificate "
        "alone. To make one: openssl req -x509 -newkey rsa:3072 -nodes -days 730 -subj "
        "/CN=strongroom -keyout both.pem -out certificate.pem; cat certificate.pem >> both.pem. "
        "Give both.pem here, and upload certificate.pem there.",
        check=_identity,
        is_asked=is_asked,
        told=told,
    )

    def ask(_: Answers) -> Question:
        return Question(
            key=key + OPENED,
            text="Password of that file?",
            help="Its private key is locked by a password. It is needed now only: what is kept is "
            "sealed under keys of its own.",
            kind=QuestionKind.SECRET,
        )

    def check(answers: Answers, raw: Raw) -> Given:
        if not isinstance(raw, Secret):
            raise OperatorError("Nothing was entered.", hint="Enter it, or type back.")
        locked = answers.secret(key)
        assert locked is not None
        content = base64.b64decode(locked.reveal().removeprefix(_LOCKED))
        return Given(value=_opened(content, raw.reveal, answers))

    opens_it = Step(
        key=key + OPENED,
        ask=ask,
        check=check,
        is_asked=lambda answers: is_asked(answers) and _is_locked(answers.secret(key)),
    )
    return asks_file, opens_it


def _identity(answers: Answers, upload: Upload) -> Given:
    try:
        value = _opened(upload.content, _ask_later, answers)
    except _Later:
        value = Secret(_LOCKED + base64.b64encode(upload.content).decode())
    return Given(value=value, shown=upload.name)


class _Later(Exception):
    """The file is locked by a password that is asked for next."""


def _ask_later() -> str:
    raise _Later


def _opened(content: bytes, password: Callable[[], str], answers: Answers) -> Secret:
    """Read a certificate and its key.

    Raises:
        OperatorError: one of them is missing or does not fit, or the certificate has ended.
    """
    # Loaded here: see above.
    from strongroom.wire.entra.certificate_files import read_identity  # noqa: PLC0415

    pem = read_identity(content, password).pem
    ends = _read(pem.encode())[0].not_valid_after_utc
    if ends <= answers.setting.now:
        raise OperatorError(
            f"This certificate ended on {ends:%Y-%m-%d}.",
            hint="Make a new one, and upload it to the application in the Entra admin center.",
        )
    return Secret(pem)


def _is_locked(given: Secret | None) -> bool:
    return given is not None and given.reveal().startswith(_LOCKED)


def _read(pem: bytes) -> list[Certificate]:
    from cryptography import x509  # noqa: PLC0415 - see above

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _fingerprint(certificate: Certificate) -> str:
    """Write a certificate's SHA-256 fingerprint as tools and portals do."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see above

    return certificate.fingerprint(SHA256()).hex(":").upper()


def _ended(ends: datetime, now: datetime) -> str:
    return " (it has ended: servers with it are not believed)" if ends <= now else ""
