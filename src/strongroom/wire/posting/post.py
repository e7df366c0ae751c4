"""Sending one message to one address, and saying in plain words why it did not go."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.errors import OperatorError, TransientError
from strongroom.wire.posting.addresses import Opened, check_proxy, opened
from strongroom.wire.posting.destination import Destination, Letter
from strongroom.wire.posting.quiet import quiet
from strongroom.wire.posting.ways import MAIL, Way

_CUT = "… (cut short)"
_WAIT_S = 15.0


class AppriseOffice:
    """Sends by ``apprise``. Safe in many threads.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def sort(self, destination: Destination) -> str:
        """Say of which sort an address is, without asking anybody there.

        Raises:
            OperatorError: it cannot be used.
        """
        if destination.proxy is not None:
            check_proxy(destination.proxy)
        if destination.ca_pem is not None:
            from strongroom.wire.tls import Trust  # noqa: PLC0415 - see ``send``

            Trust(ca_pem=destination.ca_pem).context()
        way = opened(destination).way
        if way is MAIL and destination.proxy is not None:
            raise OperatorError("Mail goes through no proxy.", hint="Leave --proxy out.")
        return way.sort

    def send(self, destination: Destination, letter: Letter) -> None:
        """Send a message once.

        Raises:
            TransientError: it may not have been taken; why is told, and nothing of the address.
            OperatorError: the address cannot be used.
        """
        # Every command knows of this file, and only who sends needs these.
        from strongroom.wire.posting.door import Attempt, attempting  # noqa: PLC0415
        from strongroom.wire.tls import Trust  # noqa: PLC0415

        found = opened(destination)
        attempt = Attempt(self._clock, Trust(ca_pem=destination.ca_pem), destination.proxy)
        with quiet(), attempting(attempt):
            is_taken = _is_taken(found, letter)
        if not is_taken:
            raise TransientError(
                f"The message was not taken ({found.way.sort}).",
                why=attempt.why or "It did not say why.",
                hint=attempt.hint or "Look whether the address is the right one.",
            )


def _is_taken(found: Opened, letter: Letter) -> bool:
    from apprise.common import NotifyFormat, NotifyType  # noqa: PLC0415 - see ``send``

    text_format = NotifyFormat.MARKDOWN if found.way.is_markdown else NotifyFormat.TEXT
    found.plugin.socket_connect_timeout = found.plugin.socket_read_timeout = _WAIT_S
    try:
        return bool(
            found.plugin.notify(
                title=letter.title,
                body=_written(letter.body, found.way),
                notify_type=NotifyType(letter.tone),
                body_format=text_format,
            )
        )
    except Exception:  # noqa: BLE001 - a library's border: its words hold the address
        return False


def _written(body: str, way: Way) -> str:
    """Write a text as it is taken there, cut at the end of a line if it is too long."""
    lines = body.split("\n")
    text = way.line_end.join(lines)
    while len(text) > way.letters_max:
        lines = [*(lines[:-2] if lines[-1] == _CUT else lines[:-1]), _CUT]
        text = way.line_end.join(lines)
        if len(lines) == 1:
            return body[: way.letters_max - len(_CUT)] + _CUT
    return text
