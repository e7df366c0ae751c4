"""What belongs to a whole mailbox, put back as far as Graph takes it, and switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.words.json import Json
from strongroom.words.resource import Resource


def write_settings(
    line: MailboxLine,  # noqa: ARG001
    resource: Resource,  # noqa: ARG001
    settings: Mapping[str, Json],
) -> Iterator[str]:
    """Put settings back, and say what a person should know."""
    for name in settings:
        yield f"{name}: not put back."
