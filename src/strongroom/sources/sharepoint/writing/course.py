"""How a restore goes: from where to where, and with what; the same again after a kill.

What decides that is noted before anything is written, so that whoever goes on reads it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from strongroom.sources.sharepoint.writing.addresses import Addresses, host_of
from strongroom.sources.sharepoint.writing.assigning import Assigning
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.identities import Identities, Principals
from strongroom.sources.sharepoint.writing.late import Late
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.narrowing import Narrow, counted
from strongroom.sources.sharepoint.writing.outside import Outside
from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.references import References
from strongroom.sources.sharepoint.writing.relaxing import Relaxing
from strongroom.sources.sharepoint.writing.standing import Standing, TargetList
from strongroom.words.item import Folder
from strongroom.words.restoring import ConflictPolicy, Notes, Selection

_ROOT_NOTE, _SAME_NOTE = "saved-root", "same-place"
_CONFLICT_NOTE, _PEOPLE_NOTE, _HOST_NOTE = "conflict", "people", "into-another-list"
_NARROW_NOTE, _HOST_OF_NOTE = "narrow", "saved-host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What only whoever planned knows; who goes on after a kill does without.

    Attributes:
        around: All folders of the restore point.
        whole: Ids of the folders that are restored whole.
        references: What is looked up outside of what is restored.
    """

    around: tuple[Folder, ...] = ()
    whole: frozenset[str] = frozenset()
    references: References = field(default_factory=References)

    @classmethod
    def of(cls, selection: Selection) -> Self:
        """Read a selection."""
        return cls(
            around=selection.around,
            whole=selection.whole,
            references=References.of(counted(selection)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one goes.

    Attributes:
        means: What to work with.
        site: From where to where.
        narrow: Only a version, or some values, of items; false: all of them.
        outside: Finds what is not restored.
    """

    means: Means
    site: Site
    narrow: Narrow
    outside: Outside


def course_of(notes: Notes, standing: Standing, aim: Aim) -> Course:
    """Read how a restore goes. Asks the server nothing."""
    is_same = notes.get(_SAME_NOTE) is True
    principals = Principals(
        standing.rest, standing.root, _people(notes), is_online=standing.is_online
    )
    outside = Outside(
        standing,
        aim.around,
        is_same_place=is_same,
        knows_by_text_only=notes.get(_HOST_NOTE) is True,
    )
    identities = Identities(
        notes, principals, outside=outside, whole=aim.whole, chosen=aim.references.chosen
    )
    means = Means(
        standing=standing,
        identities=identities,
        relaxing=Relaxing(standing, notes),
        assigning=Assigning(standing.rest, standing.root, principals),
        late=Late(notes),
        notes=notes,
    )
    return Course(
        means=means,
        site=_site(notes, standing, is_same_place=is_same),
        narrow=Narrow.from_json(notes.get(_NARROW_NOTE)),
        outside=outside,
    )


def note_course(notes: Notes, standing: Standing, selection: Selection) -> TargetList | None:
    """Note how a restore is to go; give the list that everything is to go into, if there is one."""
    _locate(notes, standing, selection)
    host = _host(standing, selection)
    notes.put(_HOST_NOTE, host is not None)
    notes.put(_CONFLICT_NOTE, str(selection.conflict))
    notes.put(_PEOPLE_NOTE, dict(selection.people))
    narrow = Narrow(version=selection.version, fields=selection.fields)
    notes.put(_NARROW_NOTE, narrow.to_json() if narrow else None)
    return host


def _people(notes: Notes) -> dict[str, str]:
    people = notes.get(_PEOPLE_NOTE)
    pairs = people.items() if isinstance(people, Mapping) else ()
    return {saved: str(there) for saved, there in pairs}


def _site(notes: Notes, standing: Standing, *, is_same_place: bool) -> Site:
    conflict = notes.get(_CONFLICT_NOTE)
    return Site(
        addresses=Addresses(
            saved_root=str(notes.get(_ROOT_NOTE) or ""),
            root=standing.root,
            saved_host=str(notes.get(_HOST_OF_NOTE) or ""),
            host=host_of(standing.address("/")),
        ),
        is_same_place=is_same_place,
        conflict=ConflictPolicy(conflict) if isinstance(conflict, str) else ConflictPolicy.COPY,
        notes=notes,
    )


def _locate(notes: Notes, standing: Standing, selection: Selection) -> None:
    """Note from where it was saved, by the root web: also if that itself is not restored."""
    if notes.get(_ROOT_NOTE) is not None:
        return
    webs = (one for one in selection.around or selection.folders if one.kind == "web")
    root = next((one for one in webs if not one.path), None)
    if root is not None:
        web = standing.web(standing.root)
        notes.put(_ROOT_NOTE, str(root.facts.get("url") or ""))
        notes.put(_SAME_NOTE, root.id == web.id)
        notes.put(_HOST_OF_NOTE, host_of(selection.address))


def _host(standing: Standing, selection: Selection) -> TargetList | None:
    if not selection.into:
        return None
    return standing.find_list(standing.root, joined(standing.root, *selection.into))
