r"""A folder's path as one line of text, and back: names joined by ``/``.

A name may hold a slash of its own (Exchange allows it), so ``/`` and ``\`` inside a name are
written with a ``\`` before them.
"""

from __future__ import annotations

from collections.abc import Sequence


def path_text(names: Sequence[str]) -> str:
    r"""Write a path as text; the root is the empty string.

    >>> path_text(["Inbox", "in/out"])
    'Inbox/in\\/out'
    """
    return "/".join(name.replace("\\", "\\\\").replace("/", "\\/") for name in names)


def path_names(text: str) -> tuple[str, ...]:
    r"""Read a path as a person types it; slashes at either end and doubled ones count for nothing.

    >>> path_names("/Inbox/in\\/out/")
    ('Inbox', 'in/out')
    """
    names = [""]
    letters = iter(text)
    for letter in letters:
        if letter == "\\":
            names[-1] += next(letters, "\\")
        elif letter == "/":
            names.append("")
        else:
            names[-1] += letter
    return tuple(name for name in names if name)
