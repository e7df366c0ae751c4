"""The repository against a dict: in whatever order things happen, finished snapshots read back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from strongroom.errors import StorageFull
from strongroom.store import prune_plan
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import Entry, FileEntry, TreePath, patch
from tests.fakes.faults import Faults, PowerCut
from tests.fakes.faulty_backend import FaultyBackend, crashing_at
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import NOW, content, new_repository, reopen

NAMES = st.sampled_from(["a", "b", "é", 'q"'])
PATHS = st.tuples(st.sampled_from(["mail", "calendar"]), NAMES, NAMES)
CONTENT = st.binary(max_size=40)


class RepositoryAgainstADict(RuleBasedStateMachine):
    """Runs, incremental runs, forgetting, prunes, crashes, other processes, rebuilt indexes."""

    snapshots = Bundle("snapshots")

    def __init__(self) -> None:
        super().__init__()
        self.merge_min = prune_plan.MERGE_MIN
        prune_plan.MERGE_MIN = 3  # few runs make much to merge
        self.backend = MemoryBackend()
        self.repository = new_repository(self.backend)
        self.expected: dict[str, dict[TreePath, bytes]] = {}

    def _run(self, files: dict[TreePath, bytes | None], base: str | None) -> str:
        root = self.repository.load_snapshot(base).tree if base else None
        with self.repository.lock():
            writer = self.repository.writer()
            changes: dict[TreePath, Entry | None] = {
                path: None if data is None else FileEntry(writer.save_file(data), NOW)
                for path, data in files.items()
            }
            tree = patch(self.repository.reader(), writer, root, changes, NOW)
            snapshot = Snapshot(time=NOW, tree=tree, host="h", paths=("/p",), parent=base)
            return self.repository.save_snapshot(snapshot)

    def _outcome(
        self, files: dict[TreePath, bytes | None], base: str | None
    ) -> dict[TreePath, bytes]:
        outcome = {**(self.expected[base] if base else {}), **files}
        return {path: data for path, data in outcome.items() if data is not None}

    @rule(target=snapshots, files=st.dictionaries(PATHS, CONTENT, max_size=6))
    def first_run(self, files: dict[TreePath, bytes]) -> str:
        snapshot_id = self._run(dict(files), None)
        self.expected[snapshot_id] = files
        return snapshot_id

    @rule(
        target=snapshots,
        base=snapshots,
        files=st.dictionaries(PATHS, CONTENT | st.none(), max_size=6),
    )
    def incremental_run(self, base: str, files: dict[TreePath, bytes | None]) -> str:
        snapshot_id = self._run(files, base)
        self.expected[snapshot_id] = self._outcome(files, base)
        return snapshot_id

    @rule(
        base=snapshots,
        files=st.dictionaries(PATHS, CONTENT, min_size=1, max_size=4),
        at=st.integers(1, 6),
    )
    def crash(self, base: str, files: dict[TreePath, bytes], at: int) -> None:
        existed = set(self.repository.snapshot_ids())
        self.repository = reopen(crashing_at(self.backend, at))
        with suppress(PowerCut):
            self._run(dict(files), base)
        self.repository = reopen(self.backend)
        for snapshot_id in set(self.repository.snapshot_ids()) - existed:
            self.expected[snapshot_id] = self._outcome(dict(files), base)

    @rule(snapshot_id=consumes(snapshots))
    def delete(self, snapshot_id: str) -> None:
        with self.repository.lock():
            self.repository.delete_snapshot(snapshot_id)
        self.expected.pop(snapshot_id, None)

    @rule(snapshot_id=consumes(snapshots), is_elsewhere=st.booleans())
    def forget_and_prune(self, snapshot_id: str, *, is_elsewhere: bool) -> None:
        """Another process's prune is not told to ours, which goes on with the index it knows."""
        repository = reopen(self.backend) if is_elsewhere else self.repository
        assert set(repository.upkeep.prune([snapshot_id]).forgotten) <= {snapshot_id}
        self.expected.pop(snapshot_id, None)
        self._is_tidy(repository)

    @rule()
    def prune(self) -> None:
        assert self.repository.upkeep.prune().forgotten == ()
        self._is_tidy(self.repository)

    @rule(is_elsewhere=st.booleans())
    def consolidate(self, *, is_elsewhere: bool) -> None:
        repository = reopen(self.backend) if is_elsewhere else self.repository
        repository.upkeep.consolidate()
        assert repository.upkeep.consolidate(dry_run=True).packs_repacked == 0

    @rule(snapshot_id=consumes(snapshots), at=st.integers(1, 25))
    def crash_in_a_prune(self, snapshot_id: str, at: int) -> None:
        with suppress(PowerCut):
            reopen(crashing_at(self.backend, at)).upkeep.prune([snapshot_id])
        self.repository = reopen(self.backend)
        if snapshot_id not in self.repository.snapshot_ids():
            self.expected.pop(snapshot_id, None)

    @rule(at=st.integers(1, 25))
    def crash_in_a_consolidation(self, at: int) -> None:
        with suppress(PowerCut):
            reopen(crashing_at(self.backend, at)).upkeep.consolidate()
        self.repository = reopen(self.backend)

    @rule(at=st.integers(1, 25))
    def fill_up_in_a_prune(self, at: int) -> None:
        """No room from some step on; what is there stays, and with room all goes on."""
        faults = Faults()
        faults.full_at(at)
        repository = reopen(FaultyBackend(self.backend, faults))
        with suppress(StorageFull):
            repository.upkeep.prune()

    def _is_tidy(self, repository: Repository) -> None:
        """See that nothing lies about that nobody needs."""
        again = repository.upkeep.prune(dry_run=True)
        assert again.bytes_freed == again.packs_repacked == again.index_files_replaced == 0
        assert again.bytes_unused == 0

    @rule()
    def go_on_in_another_process(self) -> None:
        self.repository = reopen(self.backend)

    @rule()
    def rebuild_the_index(self) -> None:
        assert self.repository.upkeep.rebuild_index() == []

    @rule(read_data=st.booleans())
    def check(self, *, read_data: bool) -> None:
        assert self.repository.check(read_data=read_data) == []

    @invariant()
    def every_snapshot_reads_back(self) -> None:
        assert set(self.repository.snapshot_ids()) == set(self.expected)
        for snapshot_id, files in self.expected.items():
            assert content(self.repository, snapshot_id) == files

    def teardown(self) -> None:
        prune_plan.MERGE_MIN = self.merge_min


TestRepositoryAgainstADict = RepositoryAgainstADict.TestCase
TestRepositoryAgainstADict.settings = settings(
    max_examples=40, stateful_step_count=16, deadline=None
)


@pytest.mark.soak
def test_the_same_for_longer() -> None:
    run_state_machine_as_test(
        RepositoryAgainstADict,
        settings=settings(max_examples=1000, stateful_step_count=40, deadline=None),
    )
