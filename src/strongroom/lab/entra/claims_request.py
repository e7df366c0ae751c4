"""The ``claims`` parameter: what a client understands, and what an API demanded of its token."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from strongroom.lab.entra.errors import Refused


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """``claims``, read.

    Attributes:
        is_aware: The client understands claims challenges (CP1).
        contexts: Authentication contexts that the token must carry.
    """

    is_aware: bool
    contexts: frozenset[str]


NO_CLAIMS = ClaimsRequest(is_aware=False, contexts=frozenset())


def read_claims(text: str) -> ClaimsRequest:
    """Read the parameter; empty text asks for nothing.

    Raises:
        Refused: 90023, it is not what it should be.
    """
    if not text:
        return NO_CLAIMS
    try:
        whole = orjson.loads(text)
        wants = whole.get("access_token", {})
        capabilities = wants.get("xms_cc", {}).get("values", [])
        context = wants.get("acrs", {})
        contexts = {str(value) for value in context.get("values", [])}
    except (ValueError, AttributeError, TypeError) as error:
        raise Refused(90023, why="Unsupported 'claims' value.") from error
    if context.get("value"):
        contexts.add(str(context["value"]))
    is_aware = any(str(one).upper() == "CP1" for one in capabilities)
    return ClaimsRequest(is_aware=is_aware, contexts=frozenset(contexts))
