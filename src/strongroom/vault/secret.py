"""A string that does not show itself."""

from __future__ import annotations

import hmac


class Secret:
    """A password or key that logs, tracebacks and error messages cannot give away by accident.

    Only ``reveal`` hands the text out, so every place that does is found by its name.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Hand the text out, to the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        raise TypeError("a secret is no key of a dictionary")

    def __reduce__(self) -> str:
        raise TypeError("a secret is sealed by the vault, never serialised")
