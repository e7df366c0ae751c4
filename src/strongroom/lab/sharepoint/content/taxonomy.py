"""Managed metadata: the term store of a tenant or farm."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from strongroom.lab.sharepoint.content.refusals import NotFound
from strongroom.lab.sharepoint.content.values import TermValue


@dataclass(slots=True, kw_only=True, eq=False)
class Term:
    """One term.

    Attributes:
        labels: By locale; the default one is what columns show.
    """

    id: str
    labels: dict[int, str]
    children: list[Term] = field(default_factory=list)
    is_deprecated: bool = False

    @property
    def label(self) -> str:
        """The default label."""
        return next(iter(self.labels.values()))

    @property
    def value(self) -> TermValue:
        """It as a column's value."""
        return TermValue(label=self.label, guid=self.id)

    def walk(self) -> Iterator[Term]:
        """Go through it and everything below it."""
        yield self
        for one in self.children:
            yield from one.walk()


@dataclass(slots=True, kw_only=True, eq=False)
class TermSet:
    """A set of terms.

    Attributes:
        group: The heading that it stands under.
        site_id: The collection whose own group that is; empty: everybody's.
    """

    id: str
    name: str
    group: str = "People"
    site_id: str = ""
    terms: list[Term] = field(default_factory=list)

    def walk(self) -> Iterator[Term]:
        """Go through all terms."""
        for one in self.terms:
            yield from one.walk()


class TermStore:
    """All term sets. ``id`` is what columns name as ``SspId``."""

    def __init__(self, name: str = "lab") -> None:
        self._random = Random(f"terms of {name}")  # noqa: S311 - the same for the same store
        self.id = self._guid()
        self.sets: dict[str, TermSet] = {}
        self._terms: dict[str, Term] = {}

    def add_set(self, name: str, *labels: str, group: str = "People", site_id: str = "") -> TermSet:
        """Make a set with terms of these labels; with a collection's id in that one's own group."""
        made = TermSet(id=self._guid(), name=name, group=group, site_id=site_id)
        made.terms = [self.new_term(one) for one in labels]
        self.sets[made.id] = made
        return made

    def new_term(self, label: str, *, locale: int = 1033) -> Term:
        """Make a term; put it where it belongs yourself."""
        made = Term(id=self._guid(), labels={locale: label})
        self._terms[made.id] = made
        return made

    def set_by_name(self, name: str) -> TermSet | None:
        """Find a set."""
        return next((one for one in self.sets.values() if one.name == name), None)

    def term(self, number: str) -> Term:
        """Find a term of any set.

        Raises:
            NotFound: there is none, or not any more.
        """
        found = self._terms.get(number.strip("{}").casefold())
        if found is None:
            raise NotFound("The term does not exist.")
        return found

    def delete_term(self, number: str) -> None:
        """Delete a term; values that name it keep its label.

        Raises:
            NotFound: there is none.
        """
        gone = self.term(number)
        del self._terms[gone.id]
        for one in self.sets.values():
            one.terms = [term for term in one.terms if term is not gone]
            for term in one.walk():
                term.children = [child for child in term.children if child is not gone]

    def _guid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
