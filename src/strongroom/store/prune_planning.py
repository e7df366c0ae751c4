"""Looking at a repository and deciding what a prune does there; nothing is changed.

See ``store.prune`` for what is done then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from strongroom.errors import IntegrityError
from strongroom.store import snapshot as snapshots
from strongroom.store.backend import BlobBackend
from strongroom.store.crypto import Tools
from strongroom.store.documents import COPY_BACK, Documents
from strongroom.store.marking import Everything, mark
from strongroom.store.pack import BlobId, Kind, pack_name
from strongroom.store.prune_plan import (
    Choice,
    Fate,
    PackUse,
    Pruned,
    choose,
    decide,
    index_files_staying,
)
from strongroom.store.snapshot import Snapshot
from strongroom.store.survey import Survey, Wanted, count, survey

Stop = Callable[[], bool]


MakeSure = Callable[[], None]


def no_doubt() -> None:
    """Let the snapshots go that were named: for those whose mind nothing changes."""


def never() -> bool:
    """Stop never: for those who are not asked to."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What a prune works with.

    Attributes:
        backend: The repository.
        documents: Its JSON files.
        tools: Of its key.
        stop: Asked between steps; once it says True, the prune ends where it is.
        make_sure: Called right before each snapshot is deleted; raises if one is to stay.
    """

    backend: BlobBackend
    documents: Documents
    tools: Tools
    stop: Stop
    make_sure: MakeSure


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, and all that was found.

    Attributes:
        choice: Which snapshots go.
        snapshots: Ids of those that stay.
        found: All packs.
        stray: Packs that no index names, to be removed, with their length.
        used: Which blobs stay.
        claims: Which pack keeps a blob that lies in several.
        fates: What becomes of each pack.
        index_stays: Index files that stay as they are.
    """

    choice: Choice
    snapshots: frozenset[str]
    found: Survey
    stray: Mapping[bytes, int]
    used: Wanted = field(repr=False)
    claims: Mapping[tuple[Kind, BlobId], bytes] = field(repr=False)
    fates: Mapping[bytes, Fate]
    index_stays: frozenset[str]

    @property
    def has_work(self) -> bool:
        """Whether anything is to be changed."""
        return bool(
            self.choice.going
            or self.stray
            or any(fate != "keep" for fate in self.fates.values())
            or len(self.index_stays) < len(self.found.files)
        )

    def packs(self, fate: Fate) -> list[PackUse]:
        """Give the packs with this fate, in the order of their ids."""
        return [
            pack for _, pack in sorted(self.found.packs.items()) if self.fates[pack.pack] == fate
        ]

    def without_repacking(self) -> Plan:
        """Give the plan that needs no room."""
        fates: dict[bytes, Fate] = {
            pack: "keep" if fate == "repack" else fate for pack, fate in self.fates.items()
        }
        return replace(self, fates=fates, index_stays=index_files_staying(self.found.files, fates))


def plan_prune(place: Workplace, forget: Collection[str]) -> Plan:
    """Look at everything and decide; nothing is changed.

    Raises:
        IntegrityError: something that is used is missing, or what is there cannot be read well
            enough to know what is used.
    """
    # Snapshots before the index, as every reader: whoever writes meanwhile does it the other way
    # round.
    listed = place.documents.ids(snapshots.FOLDER)
    known = list(_readable(place, listed, set(forget)))
    choice = choose(known, set(forget) & set(listed))
    staying = [snapshot for snapshot in known if snapshot.id not in choice.going]
    found = survey(place.backend, place.documents)
    used = mark(place.backend, place.tools, found, (snapshot.tree for snapshot in staying))
    ids = frozenset(snapshot.id for snapshot in staying)
    return _plan(choice, ids, found, used, stray=found.stray)


def plan_consolidation(place: Workplace) -> Plan:
    """Look at packs and index and decide; nothing is changed, and nothing will be forgotten.

    Raises:
        IntegrityError: a pack that the index names is missing or cut.
    """
    listed = frozenset(place.documents.ids(snapshots.FOLDER))
    found = survey(place.backend, place.documents)
    for pack in found.packs.values():
        if not pack.is_stored:
            raise IntegrityError(
                f"The pack {pack_name(pack.pack)} is missing or cut; nothing was consolidated.",
                hint=COPY_BACK,
            )
    # Strays stay: nobody looked whether all that snapshots refer to is named by the index.
    return _plan(Choice(frozenset(), {}), listed, found, Everything(), stray={})


def _plan(
    choice: Choice,
    ids: frozenset[str],
    found: Survey,
    used: Wanted,
    *,
    stray: Mapping[bytes, int],
) -> Plan:
    claims = count(found, used)
    fates = decide(found.packs.values())
    return Plan(
        choice=choice,
        snapshots=ids,
        found=found,
        stray=stray,
        used=used,
        claims=claims,
        fates=fates,
        index_stays=index_files_staying(found.files, fates),
    )


def _readable(place: Workplace, listed: Iterable[str], forget: set[str]) -> Iterator[Snapshot]:
    for snapshot_id in listed:
        try:
            document = place.documents.load(snapshots.FOLDER, snapshot_id)
            yield snapshots.decode_snapshot(snapshot_id, document)
        except IntegrityError:
            if snapshot_id not in forget:  # what it refers to is not known, so nothing may go
                raise


def outlook(plan: Plan) -> Pruned:
    """Say what the plan would do, headers of new packs aside."""
    keep, repack = plan.packs("keep"), plan.packs("repack")
    left = sum(pack.size for pack in keep) + sum(pack.bytes_used for pack in repack)
    return told(plan, left, index_files=len(plan.index_stays), is_dry_run=True)


def told(plan: Plan, left: int, *, index_files: int, is_dry_run: bool) -> Pruned:
    """Put the plan into figures.

    Args:
        plan: What is to be done, or was.
        left: Bytes of all packs afterwards.
        index_files: That are there afterwards.
        is_dry_run: Nothing was done.
    """
    keep, repack, remove = plan.packs("keep"), plan.packs("repack"), plan.packs("remove")
    before = sum(pack.size for pack in plan.found.packs.values() if pack.is_stored)
    blobs = sum(pack.blobs for pack in keep) + sum(pack.blobs_used for pack in repack)
    return Pruned(
        is_dry_run=is_dry_run,
        forgotten=tuple(sorted(plan.choice.going)),
        staying=plan.choice.staying,
        snapshots=len(plan.snapshots),
        blobs=blobs,
        bytes=left,
        bytes_unused=sum(pack.bytes_unused for pack in keep),
        blobs_removed=sum(pack.blobs for pack in plan.found.packs.values()) - blobs,
        bytes_freed=before + sum(plan.stray.values()) - left,
        packs_removed=len(remove),
        packs_stray=len(plan.stray),
        packs_repacked=len(repack),
        bytes_repacked=sum(pack.bytes_used for pack in repack),
        index_files=index_files,
        index_files_replaced=len(plan.found.files) - len(plan.index_stays),
    )
