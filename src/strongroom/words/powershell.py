"""Names in commands that a person pastes into PowerShell: Exchange's, SharePoint's, Graph's."""

from __future__ import annotations

# PowerShell ends a string in single quotes at a typographic one as well; doubled, each is itself.
_QUOTES = str.maketrans({quote: quote * 2 for quote in "'\u2018\u2019\u201a\u201b"})


def quoted(name: str) -> str:
    """Write a name so that nothing in it is run, whatever it holds.

    In single quotes nothing is expanded. What cannot be printed is shown as a question mark: a
    line break would end the command in the middle when it is pasted.
    """
    printable = "".join(each if each.isprintable() else "?" for each in name)
    return f"'{printable.translate(_QUOTES)}'"
