"""The command that makes the same connection without a conversation: for scripts and for notes."""

from __future__ import annotations

import shlex

from strongroom.service.details import ConnectionDetails
from strongroom.service.kinds import BY_PERSON
from strongroom.service.wizard.words import Done

_SECRET_FILES = {
    "password": ("--account-password-file", "FILE"),
    "app_password": ("--app-password-file", "FILE"),
    "certificate": ("--certificate", "PEM"),
    "client_secret": ("--client-secret-file", "FILE"),
    "restore_certificate": ("--restore-certificate", "PEM"),
}
_PLAIN = {
    "url": "--url",
    "user": "--user",
    "fingerprint": "--certificate-fingerprint",
    "certificate_name": "--certificate-name",
    "proxy": "--proxy",
    "tenant": "--tenant",
    "client_id": "--client-id",
    "restore_client_id": "--restore-client-id",
}


def command(done: Done) -> str:
    """Write the command. It holds no secret: where one is needed stands FILE or PEM."""
    details = done.details
    words = ["strongroom", "connection", "add", details.kind, done.view.name]
    words += _address(details)
    words += _options(details, _PLAIN) if details.auth not in BY_PERSON else _by_person(details)
    words += _defaults(details)
    for name in done.view.secrets:
        words += _SECRET_FILES.get(name, ())
    if done.ca_file:
        words += ["--ca-file", done.ca_file]
    if details.endpoints:
        words += ["--endpoints", "FILE"]
    if done.view.is_guarded:
        words += ["--password-file", "FILE"]
    return shlex.join(words)


def _address(details: ConnectionDetails) -> list[str]:
    if details.autodiscover:
        return ["--autodiscover", details.autodiscover]
    return ["--server", details.server] if details.server else []


def _by_person(details: ConnectionDetails) -> list[str]:
    """Give the options where a person signs in: who they are, the sign-in itself says."""
    plain = {field: option for field, option in _PLAIN.items() if field != "user"}
    return [*_options(details, plain), "--sign-in", details.auth]


def _options(details: ConnectionDetails, options: dict[str, str]) -> list[str]:
    return [
        word
        for field, option in options.items()
        if (value := getattr(details, field))
        for word in (option, str(value))
    ]


def _defaults(details: ConnectionDetails) -> list[str]:
    words = []
    if not details.tenant or details.auth == "legacy":
        words += ["--auth", details.auth]
    if details.kind == "exchange-onprem":
        words += ["--access", details.access]
    if details.cloud != "global":
        words += ["--cloud", details.cloud]
    return words
