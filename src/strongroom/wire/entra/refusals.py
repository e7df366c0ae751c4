"""Plain words for every way in which Entra ID says no.

Nothing of the answer but its number reaches a reader: descriptions name people and applications,
and come with whatever was sent.

Source:
    https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from strongroom.errors import AccessDenied, OperatorError, StrongroomError, TransientError
from strongroom.wire.entra.stories import BY_CODE, BY_ERROR, Story

_CODE = re.compile(r"AADSTS(\d{4,8})")
_PLAIN = re.compile(r"[a-z_]{1,40}")


def refusal(answer: Mapping[str, object]) -> StrongroomError:
    """Say what an error answer means and who must act.

    Args:
        answer: What MSAL gives: ``error``, ``error_codes``, ``error_description``, perhaps more.

    Returns:
        The error to raise.
    """
    error = str(answer.get("error", ""))
    codes = codes_of(answer)
    story = next((BY_CODE[code] for code in codes if code in BY_CODE), None)
    story = story or BY_ERROR.get(error) or _unknown(error)
    why = f"{story.why} (AADSTS{codes[0]})" if codes else story.why
    if story.branch is TransientError:
        return TransientError(story.what, why=why, hint=story.hint)
    return story.branch(story.what, why=why, hint=story.hint)


def codes_of(answer: Mapping[str, object]) -> list[int]:
    """List the AADSTS numbers of an error answer."""
    listed = answer.get("error_codes")
    numbers = listed if isinstance(listed, list) else []
    found = [number for number in numbers if isinstance(number, int) and number]
    # An error that comes back through the browser has its number in the text alone.
    return found or [int(one) for one in _CODE.findall(str(answer.get("error_description", "")))]


def unknown_tenant() -> OperatorError:
    """Say that the authority knows no such tenant, where MSAL says only that it cannot read it."""
    story = BY_CODE[90002]
    return OperatorError(story.what, why=story.why, hint=story.hint)


def _unknown(error: str) -> Story:
    word = error if _PLAIN.fullmatch(error) else "an error without a known name"
    return Story(
        AccessDenied,
        "Entra ID refused the sign-in.",
        f"It answered: {word}.",
        "Look at the sign-in in the Entra admin center: Monitoring & health, Sign-in logs.",
    )
