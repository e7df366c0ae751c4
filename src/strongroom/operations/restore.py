"""Put saved items back into a server: the story from a restore point to a compared result.

    which point → what of it → how the target will take it, and what it will not → folders
         → per folder: how it stands → intend, send, told → read back, compare → settings → ledger

Everything that is about to be sent is in the journal first, so it may be killed anywhere and called
again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from strongroom.clock import Clock
from strongroom.errors import (
    ItemError,
    OperatorError,
    ServerUnreachable,
    SignInEnded,
    StrongroomError,
)
from strongroom.operations.choosing import Choice, Portion
from strongroom.operations.damage import with_damage
from strongroom.operations.filling import Filling
from strongroom.operations.interfaces import Progress, Stop, Target, never
from strongroom.operations.journal import Journal
from strongroom.operations.placing import Placing
from strongroom.operations.points import RestorePoint, choose
from strongroom.operations.restore_log import RestoreLog
from strongroom.operations.salvaged import SalvagedTree
from strongroom.operations.saved import SavedFolder
from strongroom.pace.crew import Crew
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage, FolderCoverage
from strongroom.words.json import Json
from strongroom.words.paths import path_text
from strongroom.words.resource import ResourceKind
from strongroom.words.restoring import RELAXED, ConflictPolicy, Plan, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What a person wants back, and where.

    Attributes:
        at: ``point:ID``, a time, or None for the newest point (see ``points.choose``).
        point: Id of the point that ``at`` meant when it was asked for; None: what it means now.
        paths: Folders wanted, with all below them, by their real names; empty: all (unless
            ``items`` names some).
        items: Items wanted, by id or by the eight characters in their file's name.
        folder: The folder in the target to restore into, made if need be; ``()`` is the root: in
            place. None: a new folder ``Restored YYYY-MM-DD HH:MM``.
        conflict: What to do with an item that the target already has.
        settings: Put rules, out-of-office, delegates, categories and the permissions of folders
            that are there already back too. None: only when everything is restored in place.
            Whoever restores into a resource other than the saved one says False: another person's
            delegates and rules have no business there.
        people: Who somebody is in the target, by the saved login or address.
        version: Label of the version wanted of every item; empty: as it was last.
        fields: Columns wanted of every item; empty: all of the item.
        portion: Only the newest days, or only what is older. Both are restored one after the
            other with the same journal, in either order; each has a ledger of its own, and what
            belongs to the whole resource comes with the older one. None: all at once.
    """

    at: str | None = None
    point: str | None = None
    paths: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()
    folder: tuple[str, ...] | None = None
    conflict: ConflictPolicy = ConflictPolicy.COPY
    settings: bool | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    fields: tuple[str, ...] = ()
    portion: Portion | None = None

    @property
    def portion_name(self) -> str:
        """What the journal calls it; empty: it is all at once."""
        return "" if self.portion is None else self.portion.name

    @property
    def is_last(self) -> bool:
        """Whether what belongs to the whole resource comes with this."""
        return self.portion is None or not self.portion.is_newest


def restore(
    target: Target,
    repository: Repository,
    request: RestoreRequest,
    *,
    journal: Journal,
    crew: Crew,
    clock: Clock,
    progress: Progress,
    stop: Stop = never,
) -> Coverage:
    """Write what is asked for back into the target, read it back and compare.

    May be called again with the same request and journal after a crash, as often as need be: it
    looks at what has arrived and sends only what is missing. Losses and warnings are told as
    progress notes before anything is written, and stand in the ledger's notes.

    Args:
        target: The resource on the server, open.
        repository: Where the restore point lies.
        request: What, from when, and to where.
        journal: This restore's own journal, empty the first time.
        crew: Threads that read the storage's blobs ahead and compare; open.
        clock: Time.
        progress: Who is told how far it is.
        stop: Asked between batches; once it says True, the restore ends after the batch in hand.

    Returns:
        The ledger: ``on_server`` are the items chosen, ``saved`` those that are in the target and
        compared equal, ``unchanged`` those that the conflict policy left alone, ``failed`` the
        rest, the differing ones with their differences named.

    Raises:
        OperatorError: no such point, folder or item; or the journal belongs to another restore.
        Interrupted: ``stop`` said so; call again with the same journal.
        ServerUnreachable, TransientError, OutcomeUnknown, SignInEnded: call again with the same
            journal.
        IntegrityError: nothing of what is stored can be read. What is damaged in part is restored
            all the same, and what is lost of it is ``failed`` by name in the ledger.
    """
    log = RestoreLog(journal)
    point, base = _begin(log, repository, request, clock)
    tree = SalvagedTree(repository.reader(), point.tree)
    choice = Choice(tree, request.paths, request.items, request.portion)
    choice.is_narrowed = bool(request.version or request.fields)
    with_settings = _wants_settings(request, choice)
    selection = replace(
        _selection(choice, request, base, with_settings=with_settings), address=point.resource
    )
    target.begin(log)
    with _put_back_early(target, progress):
        plan = target.plan(selection)
        notes = [f"It goes into the folder {path_text(base)}."] if base else []
        notes.extend(f"{loss.what}: {loss.why}" for loss in plan.losses)
        notes.extend(plan.warnings)
        has_settings = point.kind not in {ResourceKind.SITE, ResourceKind.DRIVE}
        is_told = request.is_last and choice.is_all and not selection.settings
        if has_settings and is_told and choice.tree.settings():
            notes.append(_NO_SETTINGS)
        for note in notes:
            progress.note(note)
        counts = {**selection.counts, **dict.fromkeys(plan.aside, 0)}
        wanted = [one for one in choice.folders if one.folder.id not in plan.aside]
        sizes = {one.folder.id: choice.bytes(one) for one in choice.folders}
        progress.expect(sum(counts.values()), sum(sizes[one.folder.id] for one in wanted))
        placing = Placing(target, base, choice.tree.folders(), clock)
        filling = Filling(
            target,
            choice,
            log,
            request.conflict,
            crew=crew,
            clock=clock,
            progress=progress,
            stop=stop,
        )
        lines = _fill_all(choice, plan, placing, filling, counts)
        # Whoever was killed right after it has relaxed again what must be put back.
        notes.extend(target.settle({} if log.is_settled else selection.settings))
        if request.is_last and not log.is_settled:
            log.settled()
        _compare_waiting(choice, filling, counts, lines)
    told = tuple(
        with_damage(
            lines.get(folder.folder.id) or _untouched(folder, counts, plan.aside),
            choice.damage(folder),
        )
        for folder in choice.folders
    )
    return Coverage(
        resource=point.resource,
        folders=told,
        notes=(*notes, *choice.notes_of_damage(told)),
        ways=selection.ways,
        point=point.id,
        bytes_read=sum(sizes.values()),
    )


def give_up(target: Target, journal: Journal) -> Sequence[str]:
    """Put back what a restore has relaxed that nobody will go on with; what it wrote stays.

    For a restore that was cancelled or has failed for good, and may have been killed. It may be
    given up twice, or never have begun.

    Args:
        target: The resource on the server, open.
        journal: The restore's own.

    Returns:
        What a person should know.

    Raises:
        OperatorError: the target refused to have some of it put back, which the text names.
        StrongroomError: it could not all be put back; call again.
    """
    log = RestoreLog(journal)
    if log.begun is None:
        return ()
    target.begin(log)
    notes = target.settle({})
    if log.get(RELAXED):
        raise OperatorError(
            "Settings that were relaxed for the restore could not all be put back.",
            why=" ".join(notes),
            hint="Look at them there, and set them by hand if need be.",
        )
    return notes


def still_relaxed(journal: Journal) -> tuple[str, ...]:
    """Name the places in the target where a restore has relaxed something that is not back yet.

    Reads the journal through and keeps nothing of it, so that it costs little for a large one.
    """
    noted: Mapping[str, Json] = {}
    for line in journal.lines():
        if line["line"] == "note" and line["key"] == RELAXED:
            noted = line["value"] or {}
    return tuple(sorted(set(map(str, noted.values()))))


@contextmanager
def _put_back_early(target: Target, progress: Progress) -> Iterator[None]:
    """Have the target put back what it relaxed when a restore ends before its end.

    People work there until it goes on, which may be never. Where nobody answers, or nobody lets us
    in, there is no use in asking: the next attempt, or ``give_up``, does it.
    """
    try:
        yield
    except (ServerUnreachable, SignInEnded):
        raise
    except StrongroomError:
        try:
            notes = target.settle({})
        except StrongroomError as error:
            notes = [f"What was relaxed for the restore is not put back yet. {error}"]
        for note in notes:
            progress.note(note)
        raise


def _fill_all(
    choice: Choice, plan: Plan, placing: Placing, filling: Filling, counts: Mapping[str, int]
) -> dict[str, FolderCoverage]:
    """Go through the phases of the plan; give the lines of the ledger by folder id."""
    by_id = {folder.folder.id: folder for folder in choice.folders}
    lines: dict[str, FolderCoverage] = {}
    for phase in plan.phases:
        for folder_id in phase.folder_ids:
            folder = by_id[folder_id]
            try:
                place = placing.place(folder.folder)
                if phase.does == "fill" and counts[folder_id]:
                    lines[folder_id] = filling.fill(
                        folder, place, counts[folder_id], takes=phase.takes
                    )
            except ItemError as error:
                lines[folder_id] = replace(_untouched(folder, counts), problem=str(error))
    return lines


def _compare_waiting(
    choice: Choice,
    filling: Filling,
    counts: Mapping[str, int],
    lines: dict[str, FolderCoverage],
) -> None:
    """Compare what was whole only once the target had settled, and correct its lines."""
    for folder in choice.folders:
        id_ = folder.folder.id
        try:
            line = filling.compare_waiting(folder, counts[id_])
        except ItemError as error:
            line = replace(lines.get(id_) or _untouched(folder, counts), problem=str(error))
        if line is not None:
            lines[id_] = line


_NO_SETTINGS = (
    "settings: rules, automatic replies, delegates and categories are not put back; that is done "
    "when everything is restored in place into the mailbox that it came from, or if asked for."
)


def _begin(
    log: RestoreLog, repository: Repository, request: RestoreRequest, clock: Clock
) -> tuple[RestorePoint, tuple[str, ...]]:
    """Settle which restore point and which folder are meant; on resume, the same as before.

    Raises:
        OperatorError: the journal belongs to another restore.
    """
    asked: dict[str, Json] = {
        "at": request.at,
        "paths": [list(path) for path in request.paths],
        "items": list(request.items),
        "folder": None if request.folder is None else list(request.folder),
        "conflict": str(request.conflict),
        "settings": request.settings,
    }
    if request.people:
        asked["people"] = dict(request.people)
    if request.version or request.fields:
        asked["narrow"] = [request.version, *request.fields]
    if log.begun is not None:
        if log.begun["asked"] != asked:
            raise OperatorError(
                "The journal belongs to another restore.",
                why="What is asked for now is not what was asked for when it was begun.",
                hint="Start this restore as a new run.",
            )
        log.turn_to(request.portion_name)
        return choose(repository, f"point:{log.begun['point']}"), tuple(log.begun["base"])
    point = choose(repository, f"point:{request.point}" if request.point else request.at)
    base = request.folder
    if base is None:
        base = (f"Restored {clock.now():%Y-%m-%d %H:%M}",)
    log.begin({"asked": asked, "point": point.id, "base": list(base)})
    log.turn_to(request.portion_name)
    return point, base


def _selection(
    choice: Choice, request: RestoreRequest, base: tuple[str, ...], *, with_settings: bool
) -> Selection:
    counts: dict[str, int] = {}
    ways: Counter[str] = Counter()
    for folder in choice.folders:
        ways.update(item.way for item in choice.items(folder))
        counts[folder.folder.id] = ways.total() - sum(counts.values())
    around = choice.tree.folders()
    by_id = {folder.folder.id: folder for folder in around}
    return Selection(
        folders=tuple(folder.folder for folder in choice.folders),
        counts=counts,
        ways=dict(ways),
        settings=choice.tree.settings() if with_settings else {},
        rows=lambda folder_id: (saved.item for saved in choice.items(by_id[folder_id])),
        conflict=request.conflict,
        people=request.people,
        around=tuple(folder.folder for folder in around),
        known=lambda folder_id: (saved.item for saved in choice.tree.items(by_id[folder_id])),
        whole=frozenset(one.folder.id for one in choice.folders if choice.is_whole(one)),
        into=base,
        version=request.version,
        fields=request.fields,
    )


def _wants_settings(request: RestoreRequest, choice: Choice) -> bool:
    if request.settings is not None or not request.is_last:
        return bool(request.settings) and request.is_last
    return choice.is_all and request.folder == ()


def _untouched(
    folder: SavedFolder, counts: Mapping[str, int], aside: Mapping[str, str] | None = None
) -> FolderCoverage:
    """Write the line of a folder that nothing was to be written into, or that no phase names."""
    note = "search folder: listed, not copied" if folder.folder.is_listed_only else ""
    return FolderCoverage(
        path=folder.folder.path,
        on_server=counts[folder.folder.id],
        note=(aside or {}).get(folder.folder.id, note),
    )
