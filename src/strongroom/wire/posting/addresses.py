"""Reading an address: which way it goes, and whether it may. Nothing of it is ever repeated."""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from strongroom.errors import OperatorError
from strongroom.wire.posting.destination import Destination
from strongroom.wire.posting.quiet import quiet
from strongroom.wire.posting.ways import BY_SCHEME, MAIL, NATIVE, Way

_LETTERS_MAX = 4000
_PORT_MAX = 65535
_LOADING = threading.Lock()
_TOLD_BY_NAME = frozenset(
    {"verify", "redirect", "template", "attach", "retry", "optional", "format", "overflow", "pgp"}
)
"""Settings of apprise that may be named in a refusal; others may be a password in a wrong place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An address that may be used.

    Attributes:
        way: Which way it goes.
        plugin: What apprise made of it. Holds the address.
    """

    way: Way
    plugin: Any


def opened(destination: Destination) -> Opened:
    """Read an address; nobody is asked.

    Raises:
        OperatorError: it cannot be read, or may not be used.
    """
    with quiet():
        told = _read(destination.address)
    if isinstance(told, Opened):
        return told
    raise OperatorError(
        "Messages cannot be sent to this address.",
        why=told,
        hint="docs/notifications.md shows how addresses look.",
    )


def check_proxy(proxy: str) -> None:
    """Refuse what is no proxy, or holds a password.

    Raises:
        OperatorError: it is none.
    """
    parts = urlsplit(proxy)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise OperatorError("This is no proxy.", hint="Give http://HOST:PORT, without a password.")


def _read(address: str) -> Opened | str:
    """Give the address opened, or why it may not be used."""
    if len(address) > _LETTERS_MAX:
        return "It is longer than any address."
    if not _is_one_line(address):
        return "It holds letters that no address has: line ends, control characters, spaces."
    scheme = address.partition("://")[0].lower()
    if scheme == "https":
        return _read_native(address)
    way = BY_SCHEME.get(scheme)
    if way is None:
        return (
            "It begins with no scheme that is used here: mailtos, workflows, slack, jsons, gchat, "
            "mmosts, ntfys, gotifys, pagerduty, or https as Teams, Slack or Google Chat give it."
        )
    return _made(way, lambda plugin: plugin.parse_url(address))


def _is_one_line(address: str) -> bool:
    """Say whether an address is one line, whatever escapes are undone.

    Apprise undoes those of settings twice, and some settings end up in headers.
    """
    undone = unquote(unquote(address.partition("?")[2]))
    is_whole = address.isascii() and " " not in address
    return is_whole and unquote(address).isprintable() and undone.isprintable()


def _read_native(address: str) -> Opened | str:
    for way in NATIVE:
        told = _made(way, lambda plugin: plugin.parse_native_url(address))
        if isinstance(told, Opened) or told != _UNREADABLE:
            return told
    return "Teams, Slack and Google Chat give no such address. A webhook begins with jsons://"


_UNREADABLE = "It cannot be read: something is missing, or in the wrong place."


def _made(way: Way, parse: Any) -> Opened | str:  # noqa: ANN401 - a function of apprise's
    """Have apprise read an address, and look at what it made of it."""
    plugin = load(way)
    try:
        parsed = parse(plugin)
    except Exception:  # noqa: BLE001 - a library's border, and its words hold the address
        parsed = None
    if not parsed:
        return _UNREADABLE
    refusal = _refused_setting(way, parsed)
    if refusal is not None:
        return refusal
    try:
        made = plugin(**parsed, asset=_asset())
    except Exception:  # noqa: BLE001 - as above
        return _UNREADABLE
    return _refused_use(way, str(parsed["schema"]), made) or Opened(way=way, plugin=made)


def _refused_setting(way: Way, parsed: Mapping[str, Any]) -> str | None:
    """Say why what stands behind the ``?`` may not stand there."""
    for name in parsed["qsd"]:
        if name not in way.settings and name[:1] not in {"+", "-", ":"}:
            shown = f"'{name}'" if name in _TOLD_BY_NAME else "that is not used here"
            return f"It has a setting {shown}. It may have: {_listed(way)}."
    is_added_to = bool(parsed["qsd+"] or parsed["qsd-"])
    if parsed["qsd:"] or (is_added_to and not way.has_additions):
        return f"It adds something to the message (+, - or :). It may have: {_listed(way)}."
    return None


def _listed(way: Way) -> str:
    added = ["headers (+Name=value)", "URL settings (-name=value)"] if way.has_additions else []
    return ", ".join([*sorted(way.settings), *added]) or "none"


def _refused_use(way: Way, scheme: str, made: Any) -> str | None:  # noqa: ANN401 - a plugin
    """Say why what apprise made of an address may not be used."""
    from strongroom.wire.posting.door import is_loopback  # noqa: PLC0415 - see ``load``

    if made.verify_certificate is not True or made.redirects or made.retry or made.optional:
        return "It asks for something that is not its to decide."
    if way is MAIL:
        is_plain, host = made.secure_mode not in {"ssl", "starttls"}, made.smtp_host
    else:
        is_plain, host = scheme in way.plain, made.host
    if made.port and made.port > _PORT_MAX:
        return _UNREADABLE
    if is_plain and not is_loopback(str(host)):
        return (
            "It would send without TLS, where everybody on the way can read along: only this very "
            "machine is sent to so. Mail begins with mailtos://, a webhook with jsons://"
        )
    return None


@cache
def load(way: Way) -> Any:  # noqa: ANN401 - a class of apprise's
    """Load one plugin of apprise, and no other of its two hundred; set our door before it.

    It is loaded when the first message goes that way, since that takes a while.
    """
    with _LOADING:
        from strongroom.wire.posting import door, mail_door  # noqa: PLC0415 - as the docstring says

        module = _imported(f"apprise.plugins.{way.module}")
        outlets: dict[str, Any] = {"requests": door.HttpDoor()}
        where = module
        if way is MAIL:
            where = _imported("apprise.plugins.email.smtp")
            outlets = {"smtplib": mail_door.MailDoor(), "ssl": mail_door.TlsDoor()}
        for name, outlet in outlets.items():
            assert hasattr(where, name), f"this apprise sends {way.sort} in another way"
            setattr(where, name, outlet)
    return getattr(module, way.plugin)


def _imported(name: str) -> Any:  # noqa: ANN401 - a module of apprise's
    with warnings.catch_warnings():
        # The one for mail looks for a module that newer Pythons have no more, to sign by PGP.
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(name)


@cache
def _asset() -> Any:  # noqa: ANN401 - apprise's settings
    """Give the settings of apprise for all that we send: nothing is read, kept or embellished."""
    from apprise.asset import AppriseAsset  # noqa: PLC0415 - see ``load``

    return AppriseAsset(
        app_id="Strongroom",
        app_desc="Strongroom",
        app_url="",
        # Pictures would be fetched from somebody else's server by whoever reads the message.
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        async_mode=False,
        interpret_emojis=False,
        http_redirects=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
    )
