"""The command that makes the same connection without a conversation: for scripts and for notes."""

from __future__ import annotations

import shlex

from strongroom.service.connection_views import ConnectionView
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
    "sign_in_server": "--sign-in-server",
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
    view = done.view
    words = ["strongroom", "connection", "add", view.kind, view.name]
    words += _address(view)
    words += _by_person(view) if view.auth in BY_PERSON else _options(view, _PLAIN)
    words += _defaults(view)
    for name in view.secrets:
        words += _SECRET_FILES.get(name, ())
    if done.ca_file:
        words += ["--ca-file", done.ca_file]
    if view.uses_ews:
        words.append("--with-ews")
    if view.sees_permissions:
        words.append("--with-permissions")
    if view.endpoints:
        words += ["--endpoints", "FILE"]
    if view.is_guarded:
        words += ["--password-file", "FILE"]
    return shlex.join(words)


def _address(view: ConnectionView) -> list[str]:
    if view.autodiscover:
        directory = ["--directory", view.directory] if view.directory else []
        return ["--autodiscover", view.autodiscover, *directory]
    return ["--server", view.server] if view.server else []


def _by_person(view: ConnectionView) -> list[str]:
    """Give the options where a person signs in: who they are, the sign-in itself says."""
    plain = {field: option for field, option in _PLAIN.items() if field != "user"}
    return [*_options(view, plain), "--sign-in", view.auth]


def _options(view: ConnectionView, options: dict[str, str]) -> list[str]:
    return [
        word
        for field, option in options.items()
        if (value := getattr(view, field))
        for word in (option, str(value))
    ]


def _defaults(view: ConnectionView) -> list[str]:
    words = []
    if not view.kind.endswith("online") or view.auth == "legacy":
        words += ["--auth", view.auth]
    if view.kind == "exchange-onprem":
        words += ["--access", view.access]
    if view.cloud != "global":
        words += ["--cloud", view.cloud]
    return words
