"""What jobs cover, in the operator's own words: names, patterns, groups, or all there is.

Which resources that means is found out anew in every run (``service.planning``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from strongroom.errors import OperatorError
from strongroom.words.json import Json
from strongroom.words.resource import Resource

WORDS_MAX = 200_000
"""So many names, patterns and groups may one job have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSelection:
    """What a backup job covers.

    Attributes:
        resources: As the operator named them.
        is_all: Everything that the server's directory lists when the run begins; then nothing is
            named.
        exclude: Patterns (``*`` and ``?``) of addresses to leave out.
        match: Patterns of addresses to take out of what the directory lists.
        groups: Addresses of groups, whose members are covered with all that belongs to them.
        recycle_bin: Of sites, the list of what lies in the recycle bin as well.
    """

    resources: tuple[str, ...] = ()
    is_all: bool = False
    exclude: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    recycle_bin: bool = False

    def __post_init__(self) -> None:
        if bool(self.resources or self.match or self.groups) == self.is_all:
            raise OperatorError(
                "A backup job covers either named resources or all of them.",
                hint="Give --resource, --match and --group (as often as you like), or --all.",
            )
        require_words((*self.resources, *self.match, *self.groups, *self.exclude))
        for group in self.groups:
            if "@" not in group:
                raise OperatorError(
                    "A group is named by its address.", why=f"{group!a} is none.", hint="--group A"
                )

    @property
    def is_open(self) -> bool:
        """Only the server can tell what it covers."""
        return self.is_all or bool(self.match or self.groups)

    def pattern_that_excludes(self, resource: Resource) -> str | None:
        """Say which pattern leaves a resource out, if one does. Case does not count."""
        return _first_match(self.exclude, (resource.address, resource.reference))

    def pattern_that_excludes_group(self, address: str) -> str | None:
        """Say which pattern leaves a group out that is in another one, if one does."""
        return _first_match(self.exclude, (address,))

    def pattern_that_matches(self, resource: Resource) -> str | None:
        """Say which pattern takes a resource in, if one does. Case does not count."""
        return _first_match(self.match, (resource.address, resource.reference))

    def is_matched(self, reference: str) -> bool:
        """Say whether a pattern takes in what had this name."""
        names = (reference, reference.rpartition(":")[2])
        return _first_match(self.match, names) is not None

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the job and its runs."""
        return {
            "resources": list(self.resources),
            "all": self.is_all,
            "exclude": list(self.exclude),
            "match": list(self.match),
            "groups": list(self.groups),
            **({"recycle_bin": True} if self.recycle_bin else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> BackupSelection:
        """Read what ``to_json`` wrote, now or in a version that knew neither patterns nor groups.

        Raises:
            OperatorError: it covers nothing.
        """
        return cls(
            resources=tuple(document["resources"]),
            is_all=document["all"],
            exclude=tuple(document["exclude"]),
            match=tuple(document.get("match", ())),
            groups=tuple(document.get("groups", ())),
            recycle_bin=document.get("recycle_bin") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySelection:
    """What a verify job reads back.

    Attributes:
        resources: As the operator named them; empty: all that the storage holds.
        sample: So many items of each restore point; None: all.
    """

    resources: tuple[str, ...] = ()
    sample: int | None = None

    def __post_init__(self) -> None:
        require_words(self.resources)
        if self.sample is not None and self.sample < 1:
            raise OperatorError("A sample is one item at least.")

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the job and its runs."""
        return {"resources": list(self.resources), "sample": self.sample}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> VerifySelection:
        """Read what ``to_json`` wrote."""
        return cls(resources=tuple(document["resources"]), sample=document["sample"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateSelection:
    """What a replicate job copies, and where to.

    Attributes:
        to: Name of the storage that holds the copy.
        resources: As the operator named them; empty: all that the storage holds.
    """

    to: str
    resources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_words((self.to, *self.resources))

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the job and its runs."""
        return {"to": self.to, "resources": list(self.resources)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ReplicateSelection:
        """Read what ``to_json`` wrote."""
        return cls(to=document["to"], resources=tuple(document["resources"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneSelection:
    """What a prune job prunes.

    Attributes:
        resources: As the operator named them; empty: all that the storage holds.
    """

    resources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_words(self.resources)

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the job."""
        return {"resources": list(self.resources)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PruneSelection:
        """Read what ``to_json`` wrote."""
        return cls(resources=tuple(document["resources"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionEdit:
    """What is to change in what a job covers.

    Attributes:
        resources, match, groups, exclude: To be taken in beside what is there.
        drop: Names, patterns and groups to take out, wherever they stand.
        is_all: True: everything, and nothing by name; False: what is named alone; None: as it is.
        replaces: What is given takes the place of all that was there.
        sample: For a verify job; 0: all items; None: as it is.
        recycle_bin: For a backup job of sites: also what lies in the recycle bin; None: as it is.
    """

    resources: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    is_all: bool | None = None
    replaces: bool = False
    sample: int | None = None
    recycle_bin: bool | None = None

    def of_backup(self, selection: BackupSelection) -> BackupSelection:
        """Give the selection of a backup job as it is to be.

        Raises:
            OperatorError: it would cover nothing; something to drop is not in it.
        """
        if self.sample is not None:
            raise OperatorError("A backup job takes no sample.")
        recycle_bin = selection.recycle_bin if self.recycle_bin is None else self.recycle_bin
        if self.replaces:
            self._refuse_dropping()
            return BackupSelection(
                resources=self.resources,
                match=self.match,
                groups=self.groups,
                exclude=self.exclude,
                is_all=bool(self.is_all),
                recycle_bin=recycle_bin,
            )
        was_all = selection.is_all if self.is_all is None else self.is_all
        if was_all and (self.resources or self.match or self.groups):
            raise OperatorError(
                "The job covers all there is, so nothing can be added to it.",
                hint="Add --not-all, and it covers only what is named.",
            )
        lists = {
            "resources": _joined(selection.resources, self.resources),
            "match": _joined(selection.match, self.match),
            "groups": _joined(selection.groups, self.groups),
            "exclude": _joined(selection.exclude, self.exclude),
        }
        _require_there(self.drop, (word for words in lists.values() for word in words))
        left = {name: _without(words, self.drop) for name, words in lists.items()}
        if self.is_all:
            left |= {"resources": (), "match": (), "groups": ()}
        return replace(selection, is_all=was_all, recycle_bin=recycle_bin, **left)

    def of_verify(self, selection: VerifySelection) -> VerifySelection:
        """Give the selection of a verify job as it is to be.

        Raises:
            OperatorError: it knows no such thing; something to drop is not in it.
        """
        if self.match or self.groups or self.exclude or self.recycle_bin is not None:
            raise OperatorError(
                "A verify job has no patterns, no groups and no recycle bin.",
                hint="Name what it reads with --resource, or --all.",
            )
        sample = selection.sample if self.sample is None else self.sample or None
        if self.is_all:
            return VerifySelection(sample=sample)
        if self.replaces:
            self._refuse_dropping()
            return VerifySelection(resources=self.resources, sample=sample)
        resources = _joined(selection.resources, self.resources)
        _require_there(self.drop, resources)
        left = _without(resources, self.drop)
        if resources and not left:
            raise OperatorError(
                "The job would read back nothing that is named.",
                hint="If it is to read everything, say --all.",
            )
        return VerifySelection(resources=left, sample=sample)

    def _refuse_dropping(self) -> None:
        if self.drop:
            raise OperatorError("Either everything is replaced, or something is dropped.")


def require_words(words: tuple[str, ...]) -> None:
    """Refuse names and patterns that nobody can mean.

    Raises:
        OperatorError: one is empty, or there are too many.
    """
    if any(not word.strip() for word in words):
        raise OperatorError("A name or a pattern is empty.")
    if len(words) > WORDS_MAX:
        raise OperatorError(
            f"A job has at most {WORDS_MAX:,} names and patterns.",
            hint="Cover a group, a pattern or all of them.",
        )


def _first_match(patterns: Iterable[str], names: Iterable[str]) -> str | None:
    lowered = [name.lower() for name in names]
    for pattern in patterns:
        if any(fnmatchcase(name, pattern.lower()) for name in lowered):
            return pattern
    return None


def _joined(words: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Add what is not there yet; case does not count."""
    return tuple({word.lower(): word for word in (*words, *more)}.values())


def _without(words: tuple[str, ...], dropped: tuple[str, ...]) -> tuple[str, ...]:
    gone = {word.lower() for word in dropped}
    return tuple(word for word in words if word.lower() not in gone)


def _require_there(dropped: tuple[str, ...], words: Iterable[str]) -> None:
    known = {word.lower() for word in words}
    for word in dropped:
        if word.lower() not in known:
            raise OperatorError(
                f"The job does not have {word!a}.", hint="See `strongroom job show NAME`."
            )
