"""Whether whoever reads may also see who may do what there.

Reading a site and seeing its permissions are two rights. Without the second everything else is kept
all the same, and the ledger says what is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.wire.sharepoint.each import No
from strongroom.wire.sharepoint.question import Answer
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What may be seen.

    Attributes:
        why_not: Why permissions cannot be read; empty: they can.
    """

    why_not: str = ""

    @property
    def sees_permissions(self) -> bool:
        """Whether permissions are asked for at all."""
        return not self.why_not


def rights_of(rest: RestConnection, answer: Answer | No) -> Rights:
    """Read the answer to who may do what in the web at the top.

    Raises:
        StrongroomError: it is another no than that this is not for us.
    """
    if isinstance(answer, Answer):
        return Rights()
    if isinstance(answer, SiteDenied) and answer.status == 403:
        return Rights(
            why_not=f"{rest.subject} may read the site and not see who may do what there (the right"
            " Enumerate Permissions; for an application, Sites.FullControl.All)."
        )
    raise answer
