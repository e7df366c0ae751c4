"""Addresses that point into the saved site, made to point into the target: everywhere the same way.

A site's address stands in definitions as a whole (a menu's entry), or anywhere in a text (a page,
an action's script, a column's looks): with the host or without it, as it is, or written for an
address, or for a piece of one, or for JSON. All of these are known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from strongroom.sources.sharepoint.writing.places import joined

_OF_OTHER_SITES = ("/sites/", "/teams/", "/personal/", "/portals/")
"""Below the root site of a host lie others, which are not it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """From where to where.

    Attributes:
        saved_root: Path of the saved site's root on its server; empty if it is not known.
        root: Path of the target's.
        saved_host: ``https://contoso.sharepoint.com``; empty if it is not known.
        host: The target's.
    """

    saved_root: str
    root: str
    saved_host: str = ""
    host: str = ""
    _forms: tuple[tuple[re.Pattern[str], str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_forms", self._made())

    @property
    def is_same(self) -> bool:
        """Whether the site lies where it lay, so that every address holds."""
        is_known = bool(self.saved_root)
        is_elsewhere = bool(self.saved_host) and self.saved_host.casefold() != self.host.casefold()
        return not is_known or (self.saved_root == self.root and not is_elsewhere)

    def one(self, saved: str) -> str:
        """Give the address in the target of something that was in the saved site, else as it is."""
        if self.is_same:
            return saved
        if saved.startswith(("http:", "https:")):
            return self.text(saved)
        root = self.saved_root.rstrip("/")
        is_inside = f"{saved}/".casefold().startswith(f"{root}/".casefold())
        if not is_inside or (not root and saved.casefold().startswith(_OF_OTHER_SITES)):
            return saved
        return joined(self.root, saved[len(root) :])

    def text(self, text: str) -> str:
        """Give a text with the target's addresses in place of the saved site's."""
        # Most texts name no address, and are many.
        if "/" not in text and "%2f" not in text.casefold():
            return text
        for form, there in self._forms:
            text = form.sub(lambda _, there=there: there, text)  # type: ignore[misc]
        return text

    def points_back(self, text: str) -> bool:
        """Say whether a text names the saved site, and would be another for the target."""
        return self.text(text) != text

    def _made(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """Make the pairs of a form of the saved address, and the same form of the target's."""
        if self.is_same:
            return ()
        saved, there = (one.rstrip("/") for one in (self.saved_root, self.root))
        found = []
        for written in _WAYS:
            mine, theirs = written(saved), written(there)
            if self.saved_host:
                host, new_host = written(self.saved_host), written(self.host)
                end = _END if saved else _END_OF_HOST
                found.append((f"{re.escape(host + mine)}{end}", new_host + theirs))
            if saved:
                found.append((rf"(?<![\w/.\\%]){re.escape(mine)}{_END}", theirs))
        unique = dict(found)
        return tuple((re.compile(form, re.IGNORECASE), to) for form, to in unique.items())


_END = r"(?![\w-]|\.\w|%20)"
_END_OF_HOST = r"(?![\w.:-])(?!/(?:sites|teams|personal|portals)/)"
_WAYS = (
    lambda text: text,
    lambda text: quote(text, safe="/:"),
    lambda text: quote(text, safe=""),
    lambda text: text.replace("/", "\\/"),
)


def host_of(address: str) -> str:
    """Give the host of an address with how it is spoken to; empty if it is no address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else ""
