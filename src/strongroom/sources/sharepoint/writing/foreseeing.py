"""What a restore will lose, found out by looking at the target: before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strongroom.sources.sharepoint.writing.by_object_model import allows_scripts
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.losses import Losses
from strongroom.sources.sharepoint.writing.making import is_no_team_site
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.outside import LISTS, Outside
from strongroom.sources.sharepoint.writing.page_service import why_shut
from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.references import (
    References,
    losses_of,
    lost_of,
    settings_in,
)
from strongroom.sources.sharepoint.writing.standing import Standing, TargetList, type_id
from strongroom.sources.sharepoint.writing.terms import (
    TermStoreThere,
    Used,
    losses_of_columns,
    saved_sets,
    sets_of_columns,
)
from strongroom.words.restoring import Loss, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseeing:
    """Looks ahead.

    Attributes:
        means: What to work with; hears who and what was named as lost.
        site: From where to where it goes.
        selection: What is wanted.
        references: What that looks up outside of itself.
        outside: Finds it.
        host: The list that everything goes into; None: each goes into its own.
    """

    means: Means
    site: Site
    selection: Selection
    references: References
    outside: Outside
    host: TargetList | None

    def losses(self) -> Losses:
        """Count what will be lost, by class."""
        standing = self.means.standing
        takes_bags = allows_scripts(standing.rest, standing.root)
        self.means.shut_bags(are_shut=not takes_bags)
        saved = list(saved_sets(self.selection).values())
        there = TermStoreThere(standing.rest, standing.root, saved)
        losses = Losses(
            abilities=standing.abilities,
            types=frozenset(map(type_id, standing.types(standing.root))),
            takes_bags=takes_bags,
            points_back=self.site.addresses.points_back,
            set_of=self._set_of(there.sets),
        )
        losses.count(self.selection)
        self._find_terms(there, losses)
        losses.counts["settings"] = self._unknown_settings()
        losses.counts["templates"] = self._webs_made_otherwise()
        losses.counts["history"] = self._versions_without_place(losses)
        return losses

    def told(self, losses: Losses, unknown: Mapping[str, int]) -> tuple[Loss, ...]:
        """Name all of it.

        Args:
            losses: As they were counted.
            unknown: People who are not known in the target: values that name them, by login.
        """
        lost = list(lost_of(self.references, self.outside, self.host))
        self.means.identities.name_lost((one.column.name, one.number) for one in lost)
        shut = why_shut(self.means.standing) if losses.counts["web parts"] else ""
        self.means.shut_page_service(shut)
        return (*losses.told(unknown, web_parts_shut=shut), *losses_of(lost))

    def unknown_people(self, losses: Losses) -> dict[str, int]:
        """Find out who of those named in the items is not known in the target."""
        principals = self.means.identities.principals
        groups = _groups(self.selection)
        unknown = {
            login: count
            for login, (person, count) in losses.people.items()
            if login not in groups and principals.login(person) is None
        }
        principals.name_lost(unknown)
        return unknown

    def _set_of(self, sets: Mapping[str, str]) -> Callable[[str, str], str]:
        """Say which set the columns of lists will have, once what is restored is there."""
        saved = dict(sets_of_columns(self.selection))
        described = {one.id for one in self.selection.folders if one.kind == "structure"}

        def set_of(list_id: str, name: str) -> str:
            bound = sets.get(saved.get((list_id, name), ""), "")
            there = self.host or self.outside.list_of(list_id)
            column = there.columns.get(name) if there else None
            if there is None or column is None:
                return bound
            is_described = f"{list_id}/structure" in described and self.host is None
            is_bound_anew = is_described and self.site.may_change(there.id)
            return bound or column.term_set if is_bound_anew else column.term_set

        return set_of

    def _find_terms(self, there: TermStoreThere, losses: Losses) -> None:
        """Find terms and sets in the target's store, and count what it does not have."""
        terms = there.terms(frozenset[Used]().union(*losses.terms))
        self.means.identities.learn_terms(terms)
        losses.counts["terms"] = sum(
            count
            for used, count in losses.terms.items()
            if any(terms.term(one.set_id, one.guid) is None for one in used)
        )
        losses.counts.update(losses_of_columns(self.selection, terms))

    def _webs_made_otherwise(self) -> int:
        """Count webs that were no team sites and will be made as such."""
        standing = self.means.standing
        return sum(
            standing.find_web(joined(standing.root, "/".join(folder.path))) is None
            for folder in self.selection.folders
            if folder.kind == "web" and folder.path and is_no_team_site(folder)
        )

    def _unknown_settings(self) -> int:
        """Count what is set and is no setting of the target's, by what that tells of itself."""
        return sum(
            count
            for kind, names in settings_in(self.selection).items()
            for name, count in names.items()
            if name not in self.means.standing.settings_of(kind)
        )

    def _versions_without_place(self, losses: Losses) -> int:
        """Count older versions that go into lists that keep none and stay as they are."""
        described = {one.id for one in self.selection.folders if one.kind == "structure"}
        count = 0
        for folder in self.selection.folders:
            older = losses.older_versions.get(folder.id, 0)
            if folder.kind not in LISTS or not older or self.selection.is_narrowed:
                continue
            target = self.host or self.outside.list_of(folder.id)
            if target is None or target.settings.get("EnableVersioning"):
                continue
            is_described = f"{folder.id}/structure" in described and self.host is None
            if not (is_described and self.site.may_change(target.id)):
                count += older
        return count


def versions_by_path(standing: Standing, selection: Selection, losses: Losses) -> dict[str, int]:
    """Say of lists in the root web how many versions of one item there are, by their paths."""
    return {
        joined(standing.root, *folder.path): losses.most_versions[folder.id]
        for folder in selection.folders
        if losses.most_versions.get(folder.id, 1) > 1
    }


def _groups(selection: Selection) -> frozenset[str]:
    """Name the groups that are restored too."""
    return frozenset(
        item.name
        for folder in selection.folders
        if folder.kind == "structure"
        for item in selection.rows(folder.id)
        if item.kind == "group"
    )
