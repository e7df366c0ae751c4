"""The secrets that tests use: all alike in one thing, so that one quick search finds every one.

``canary`` gives a made-up secret that begins with a mark. After a test run everything that it wrote
is searched for the mark (``tests/secrecy/run_search.py``), so a secret is watched for by being made
here. The letters of the mark are chosen: written as hexadecimal it has digits alone, and written as
base64 letters and digits alone. So capital or small, standard or URL-safe are the same, and ten
needles find it in every form, which is what makes searching half a gigabyte a matter of a second.

What cannot carry a mark is watched for otherwise: a private key by how every one ends in PEM, a
recovery key once it is registered.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from strongroom.vault.secret import Secret
from tests.fakes.canaries import base64_inside, forms

MARK = "CagedBird81"
PRIVATE_KEY = "PRIVATE KEY-----"
"""Stands at the beginning and at the end of every private key in PEM, whoever made it."""

_AWKWARD = ' ?/+%7f&"Ü'
"""Letters that programs escape: not part of what is searched, but of what must be kept whole."""

_APP_PASSWORD = "qkzvwmxjtplbnrhd"

KNOWN: dict[str, str] = {}
"""The canaries that were made in this process, by name; only to say which one was found."""

GIVEN: set[Path] = set()
"""Files and folders in which a test itself put a secret, for the program to read it there."""

_REGISTERED: dict[str, tuple[bytes, ...]] = {}


def canary(name: str) -> str:
    """Give a made-up secret: the same one for the same name."""
    return KNOWN.setdefault(name, f"{MARK} {name}{_AWKWARD}")


def caged(name: str) -> Secret:
    """Give a canary as the program holds secrets."""
    return Secret(canary(name))


def app_password() -> str:
    """Give an app password as Microsoft's are, sixteen small letters: it can carry no mark."""
    register("app password", _APP_PASSWORD)
    return _APP_PASSWORD


def drawn(byte_count: int | None = None) -> str:
    """Draw a secret as ``secrets.token_urlsafe`` does: letters, digits and ``-_`` only."""
    return f"{MARK}-{_token_urlsafe(byte_count)}"


_token_urlsafe = secrets.token_urlsafe


def register(name: str, secret: str) -> None:
    """Watch for a secret that carries no mark, in every form."""
    _REGISTERED[name] = tuple(dict.fromkeys(forms(secret).values()))


def given(path: Path) -> Path:
    """Say that a secret is in this file or folder because the test put it there."""
    GIVEN.add(path.absolute())
    return path


def secret_file(path: Path, text: str, *, line_end: str = "") -> Path:
    """Write a secret where a command is told to read it."""
    path.write_text(text + line_end, encoding="utf-8")
    path.chmod(0o600)
    return given(path)


def needles(text: str = MARK) -> Mapping[str, bytes]:
    """Give what to look for: the mark in each form, by the form's name."""
    narrow, wide = text.encode(), text.encode("utf-16-le")[:-1]  # big end first holds it too
    found = {"text": narrow, "UTF-16": wide}
    for name, content in (("text", narrow), ("UTF-16", wide)):
        found[f"hexadecimal of {name}"] = content.hex().encode()
        for shift in range(3):
            found[f"base64 of {name}, {shift} bytes in"] = base64_inside(content, shift)
    return found


_NEEDLES = tuple(needles().items())
_OF_KEYS = tuple(needles(PRIVATE_KEY).items())


def marks_in(content: bytes) -> Iterator[str]:
    """Say in which forms a secret is in there, and which one if that can be told."""
    for name, needle in _OF_KEYS:
        if needle in content:
            yield f"a private key, as {name}"
    hit = [name for name, needle in _NEEDLES if needle in content]
    if not hit:
        return
    named = [
        name
        for name, text in KNOWN.items()
        if any(form in content for form in forms(text).values())
    ]
    for form in hit:
        yield f"{' or '.join(named) or 'a drawn secret'}, as {form}"


def registered_in(content: bytes) -> Iterator[str]:
    """Say which registered secrets are in there."""
    for name, wanted in _REGISTERED.items():
        if any(needle in content for needle in wanted):
            yield name


def watch_what_is_drawn() -> None:
    """Let the lab draw marked secrets: passwords, client secrets, codes, cookies, refresh tokens.

    Access tokens carry a drawn id. Others who draw (a sign-in's state, which stands in addresses)
    get what they asked for.
    """

    def draw(byte_count: int | None = None) -> str:
        asked_by = sys._getframe(1).f_globals.get("__name__", "")
        is_lab = asked_by.startswith("strongroom.lab.")
        return drawn(byte_count) if is_lab else _token_urlsafe(byte_count)

    vars(secrets)["token_urlsafe"] = draw
