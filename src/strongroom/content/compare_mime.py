"""Whether two MIME texts mean the same, for servers that write mail anew instead of keeping it."""

from __future__ import annotations


def mime_differences(saved: bytes, returned: bytes) -> tuple[str, ...]:
    """Tell in words how the returned mail differs in meaning; empty: equal.

    Compared: subject, from, to, cc, date, message id, text and HTML bodies (line ends and trailing
    blank lines apart), attachments' names and exact bytes.
    """
    raise NotImplementedError
