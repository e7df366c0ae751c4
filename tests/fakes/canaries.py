"""Looks for secrets in whatever was written, in every form that a program might write them in.

A canary is a made-up secret that stands for a real one: long enough to turn up nowhere by chance.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

LETTERS_MIN = 8
"""A shorter canary could be found where it is not."""


def forms(canary: str) -> Mapping[str, bytes]:
    """Give every form to look for, by its name.

    Raises:
        ValueError: the canary is too short to be told from chance.
    """
    if len(canary) < LETTERS_MIN:
        raise ValueError(f"a canary needs {LETTERS_MIN} letters")
    plain = {
        "UTF-8": canary.encode(),
        "UTF-16, little end first": canary.encode("utf-16-le"),
        "UTF-16, big end first": canary.encode("utf-16-be"),
    }
    found = dict(plain)
    for name, content in plain.items():
        found[f"hexadecimal of {name}"] = content.hex().encode()
        found[f"HEXADECIMAL of {name}"] = content.hex().upper().encode()
        for shift in range(3):
            found[f"base64 of {name}, {shift} bytes in"] = base64_inside(content, shift)
            found[f"base64url of {name}, {shift} bytes in"] = base64_inside(
                content, shift, altchars=b"-_"
            )
    found["URL"] = quote(canary, safe="").encode()
    found["URL, small letters"] = _small_escapes(quote(canary, safe=""))
    found["form"] = quote_plus(canary).encode()
    found["JSON"] = json.dumps(canary)[1:-1].encode()
    found["repr"] = repr(canary.encode())[2:-1].encode()
    return found


def base64_inside(content: bytes, shift: int, altchars: bytes | None = None) -> bytes:
    """Give what base64 makes of the content wherever it begins, without what its neighbours touch.

    Every three bytes become four letters; a letter at the edge also holds bits of the next byte.
    """
    encoded = base64.b64encode(b"\0" * shift + content, altchars).rstrip(b"=")
    whole_bits = 8 * (shift + len(content))
    return encoded[-(-8 * shift // 6) : whole_bits // 6]


def _small_escapes(quoted: str) -> bytes:
    parts = quoted.split("%")
    return "%".join([parts[0], *(one[:2].lower() + one[2:] for one in parts[1:])]).encode()


def found_in(content: bytes, canaries: Iterable[str]) -> list[str]:
    """Say which canaries are in there, and in which form; the canary itself is not told."""
    return [
        f"canary {number} as {name}"
        for number, canary in enumerate(canaries)
        for name, form in forms(canary).items()
        if form in content
    ]


def found_below(folder: Path, canaries: Iterable[str]) -> list[str]:
    """Look through every file below a folder, its name included."""
    wanted = list(canaries)
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        told = found_in(content + b"\n" + str(path).encode(), wanted)
        found += [f"{path.relative_to(folder)}: {one}" for one in told]
    return found
