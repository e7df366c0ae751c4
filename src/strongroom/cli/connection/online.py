"""What the kinds in Microsoft's cloud have in common: the tenant, and who signs in to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strongroom.cli.connection import adding, files, options
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.vault.secret import Secret

NO_SIGN_IN_HINT = "Give --certificate PEM, --client-secret-file F or --sign-in browser."


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The options that say which application signs in, and by what.

    Attributes:
        certificate: File of its certificate and key.
        certificate_password_file: With the password of that key.
        client_secret_file: With its secret.
        sign_in: How a person signs in through it instead.
        restore_client_id: The application that restores.
        restore_certificate: File of its certificate and key.
        restore_certificate_password_file: With the password of that key.
    """

    certificate: Path | None
    certificate_password_file: str | None
    client_secret_file: str | None
    sign_in: options.PersonsSignIn | None
    restore_client_id: str | None
    restore_certificate: Path | None
    restore_certificate_password_file: str | None

    def auth(self) -> str | None:
        """Say which way to sign in was asked for; None: none was.

        Raises:
            OperatorError: more than one was.
        """
        asked = {
            "certificate": self.certificate,
            "client-secret": self.client_secret_file,
            str(self.sign_in): self.sign_in,
        }
        ways = [way for way, given in asked.items() if given is not None]
        if len(ways) > 1:
            raise OperatorError(
                f"Two ways to sign in were asked for: {' and '.join(ways)}.",
                hint="Give one of --certificate, --client-secret-file and --sign-in.",
            )
        return ways[0] if ways else None

    def secrets(self) -> Mapping[str, Secret | None]:
        """Read what was given, by the names of the details' fields.

        Raises:
            OperatorError: a file cannot be read or used.
        """
        return {
            "certificate": files.read_identity(
                self.certificate,
                self.certificate_password_file,
                option=options.KEY_PASSWORD_OPTION,
            ),
            "client_secret": None
            if self.client_secret_file is None
            else adding.client_secret(self.client_secret_file),
            "restore_certificate": files.read_identity(
                self.restore_certificate,
                self.restore_certificate_password_file,
                option=options.RESTORE_KEY_PASSWORD_OPTION,
            ),
        }

    @property
    def secret_files(self) -> tuple[str | None, ...]:
        """The files that may be standard input."""
        return (
            self.certificate_password_file,
            self.client_secret_file,
            self.restore_certificate_password_file,
        )


def fields_of(application: Application, **plain: object) -> dict[str, Any]:
    """Put together what a connection to the cloud is made of, beside its kind and way."""
    given = {key: value for key, value in plain.items() if value is not None}
    secrets = {key: one for key, one in application.secrets().items() if one is not None}
    if application.restore_client_id:
        given["restore_client_id"] = application.restore_client_id
    return {**given, **secrets}
