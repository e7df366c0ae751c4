"""Which resource in a storage a saved order is about, found once, when it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.service.locating import Located
from strongroom.words.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSource:
    """A resource, known by what never changes.

    Attributes:
        kind: Kind of resource.
        id: Its own id.
        reference: How it was called when the order was saved.
    """

    kind: str
    id: str
    reference: str

    @classmethod
    def of(cls, located: Located) -> SavedSource:
        """Take down what was found."""
        return cls(kind=located.kind, id=located.id, reference=located.reference)

    @property
    def name(self) -> str:
        """The name under which it is found again, whatever it is called by then."""
        return f"{self.kind}:{self.id}"

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with a job."""
        return {"kind": self.kind, "id": self.id, "reference": self.reference}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SavedSource:
        """Read what ``to_json`` wrote."""
        return cls(kind=document["kind"], id=document["id"], reference=document["reference"])
