"""Text that means nothing but itself, wherever it is shown: mail, chats, cards, pagers.

Messages name resources and repeat what servers said, and both can be written by somebody hostile.
Each service that shows a message has markup of its own, and what escapes it in one is shown as it
stands in another. So no letter is left that any of them takes for more than a letter: those become
others that look alike. Line ends are ours alone.
"""

from __future__ import annotations

import re

_ALIKE = str.maketrans(
    {
        # HTML, and mentions of Teams and Slack: single angle quotation marks.
        "<": "\u2039",
        ">": "\u203a",
        # Links of Markdown.
        "[": "(",
        "]": ")",
        # Markdown's emphasis: the operator. ``_`` stays: it stands in addresses, and hides nothing.
        "*": "\u2217",
        "~": "\u223c",
        # Code, tables, escapes.
        "`": "'",
        "|": "\u00a6",
        "\\": "\u2216",
    }
)
_WIDE_AND, _WIDE_AT = "\uff06", "\uff20"
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_NOT_SHOWN = "\ufffd"
_CUT = "…"


def plain(text: str, *, letters_max: int = 300) -> str:
    """Write untrusted text as one line that every service shows as it stands.

    Args:
        text: Any.
        letters_max: What is longer is cut, and says so.
    """
    line = " ".join(text.split())
    shown = "".join(one if one.isprintable() else _NOT_SHOWN for one in line)
    if len(shown) > letters_max:
        shown = shown[: letters_max - len(_CUT)] + _CUT
    harmless = _ENTITY.sub(_WIDE_AND, shown.translate(_ALIKE))
    return _MENTION.sub(_WIDE_AT, harmless)
