"""Another certificate for an application: the new one is added, proved, and then the old one goes.

Source:
    https://learn.microsoft.com/graph/api/application-update
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from strongroom.errors import OperatorError
from strongroom.wire.entra.administration import Administration, NotYet
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.entra.certificates import PublicPart, public_part


class Rotation:
    """The certificates of one application.

    Args:
        graph: Asks Graph in an administrator's name.
        client_id: The application's id.

    Attributes:
        name: What the application is called.
        object_id: Id of the application object.
    """

    def __init__(self, graph: Administration, client_id: str) -> None:
        self._graph = graph
        found = _found(graph, client_id)
        self.name = str(found["displayName"])
        self.object_id = str(found["id"])

    def add(self, proof: CertificateProof) -> None:
        """Register one more certificate; doing it again changes nothing.

        Raises:
            StrongroomError: in plain words, what was refused.
        """
        new = public_part(proof)
        held = self._held()
        if all(one["keyId"] != new.key_id for one in held):
            self._put([*held, new.credential()])

    def retire(self, old: CertificateProof, new: CertificateProof) -> None:
        """Take away the old certificate, and what an earlier rotation that was cut short left.

        Certificates that somebody registered by hand stay.

        Raises:
            StrongroomError: in plain words, what was refused.
        """
        ours, kept = public_part(old), public_part(new)
        held = self._held()
        staying = [one for one in held if not _is_ours(one, ours) or one["keyId"] == kept.key_id]
        if len(staying) < len(held):
            self._put(staying)

    def _held(self) -> list[dict[str, Any]]:
        found = self._graph.get(f"applications/{self.object_id}?$select=keyCredentials")
        return [dict(one) for one in found["keyCredentials"]]

    def _put(self, credentials: Sequence[Mapping[str, Any]]) -> None:
        # The list is replaced as a whole; what is there already is named by its id, without key.
        body = {"keyCredentials": list(credentials)}
        step = ("PATCH", f"applications/{self.object_id}", body)
        self._graph.patiently(lambda: self._graph.change(*step))


def _is_ours(one: Mapping[str, Any], ours: PublicPart) -> bool:
    return (
        one.get("keyId") == ours.key_id
        or one.get("customKeyIdentifier") == ours.thumbprint
        # What a rotation leaves that was cut short has our name, and no key that anybody has.
        or one.get("displayName") == ours.name[:90]
    )


def _found(graph: Administration, client_id: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = graph.get(
            f"applications(appId='{quote(client_id, safe='')}')?$select=id,displayName"
        )
    except NotYet as error:
        raise OperatorError(
            "The tenant has no such application any more.",
            why=f"It knows none with the id {client_id}.",
            hint="Register another one, and give its id and certificate to the connection.",
        ) from error
    return found
