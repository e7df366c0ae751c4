"""What is read from files: certificates, key tables, endpoints. Nothing secret is ever repeated."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.cli import secrets
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.vault.secret import Secret

_FILE_BYTES_MAX = 1024 * 1024


def refuse_two_readers(*files: str | None) -> None:
    """Refuse to read two secrets from standard input, which holds one.

    Raises:
        OperatorError: more than one is ``-``.
    """
    if files.count(secrets.STANDARD_INPUT) > 1:
        raise OperatorError("Standard input holds one password only.", hint="Use a file for one.")


def read_certificates(file: Path | None) -> str | None:
    """Read a PEM file of authorities.

    Raises:
        OperatorError: it cannot be read, or holds no certificate.
    """
    if file is None:
        return None
    try:
        pem = _content(file, "certificate file").decode("ascii")
    except UnicodeDecodeError as error:
        raise OperatorError(
            f"The certificate file {file} cannot be read.", why="It is not text."
        ) from error
    try:
        ssl.create_default_context(cadata=pem)
    except ssl.SSLError as error:
        raise OperatorError(
            f"The file {file} holds no certificate that can be used.",
            hint="It must be in PEM form: text that begins with -----BEGIN CERTIFICATE-----.",
        ) from error
    return pem


def read_identity(file: Path | None, password_file: str | None, *, option: str) -> Secret | None:
    """Read a certificate with its private key; a person is asked for the password of a locked one.

    Args:
        file: PEM or PFX.
        password_file: As given with the option; None: a terminal.
        option: The option's name, for messages.

    Raises:
        OperatorError: it cannot be read or used.
    """
    if file is None:
        return None
    from strongroom.vault.secret import Secret  # noqa: PLC0415 - see Settings
    from strongroom.wire.entra.certificate_files import (  # noqa: PLC0415 - see Settings
        read_identity as read,
    )

    proof = read(
        _content(file, "certificate file"),
        lambda: secrets.from_file_or_prompt(
            password_file, option=option, prompt=f"Password of the key in {file}"
        ).reveal(),
    )
    return Secret(proof.pem)


def read_keytab(file: Path | None) -> Secret | None:
    """Read a Kerberos key table.

    Raises:
        OperatorError: it cannot be read, or is none.
    """
    if file is None:
        return None
    from strongroom.vault.secret import Secret  # noqa: PLC0415 - see Settings
    from strongroom.wire.sign_in.keytab import checked_keytab  # noqa: PLC0415 - see Settings

    table = checked_keytab(_content(file, "key table"))
    return Secret(base64.b64encode(table).decode())


def read_endpoints(file: Path | None, cloud: str) -> Mapping[str, str] | None:
    """Read a file of addresses to use instead of a cloud's own.

    Raises:
        OperatorError: it cannot be read, or names what is no endpoint or not https.
    """
    if file is None:
        return None
    try:
        found = json.loads(_content(file, "endpoints file"))
    except (ValueError, RecursionError) as error:
        raise OperatorError(
            f"The endpoints file {file} cannot be read.", why="It is not JSON."
        ) from error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise OperatorError(
            f"The endpoints file {file} cannot be used.",
            why="It is not one JSON object of names and addresses.",
            hint='It looks like {"authority": "https://…", "graph": "https://…"}.',
        )
    from strongroom.wire.entra.clouds import endpoints_of  # noqa: PLC0415 - see Settings

    endpoints_of(cloud, found)
    return found


def _content(file: Path, what: str) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "No file can be called that."
        raise OperatorError(f"The {what} {file} cannot be read.", why=why or "") from error
    if len(content) > _FILE_BYTES_MAX:
        raise OperatorError(f"The {what} {file} is too large to be one.")
    return content
