"""Several passwords, each of which opens everything; and the recovery key, made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from strongroom.errors import AccessDenied, OperatorError, ResourceLocked
from strongroom.store import record as records
from strongroom.store.backend import BlobBackend, DeleteRefused
from strongroom.store.files import FileBackend
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.passwords import PASSWORDS_MAX
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.storage_upkeep import check_repository, mend_repository
from strongroom.store.trees import TreePath
from tests.fakes.faults import PowerCut
from tests.fakes.faulty_backend import crashing_at
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import CHEAP, PASSWORD, content, put
from tests.formats.make_storage_v1 import PASSWORD as FIRST

ANN = canary("ann's password of the storage")
FILES: dict[TreePath, bytes] = {("hello.txt",): b"hello"}
REPOSITORIES = [("archive", "c3d4"), ("mailbox", "a1b2")]


def make(backend: BlobBackend) -> tuple[Storage, str, str]:
    """Make a storage with two repositories; give it, its recovery key and a snapshot's id."""
    storage, recovery_key = Storage.create(backend, PASSWORD, clock=HandClock(), cost=CHEAP)
    storage.repository("archive", "c3d4", create=True)
    snapshot = put(storage.repository("mailbox", "a1b2", create=True), FILES)
    return storage, recovery_key, snapshot


def keys_of(storage: Storage) -> StorageKeys:
    return StorageKeys(storage, HandClock())


def key_files(backend: BlobBackend) -> list[str]:
    return [name for name, _ in backend.list("repositories/") if "/keys/" in name]


def require_sound(storage: Storage, snapshot: str) -> None:
    assert storage.check() == []
    for kind, resource_id in storage.repositories():
        assert check_repository(storage, kind, resource_id, read_data=True) == []
    assert content(storage.repository("mailbox", "a1b2"), snapshot) == FILES


def opens(backend: BlobBackend, password: str) -> bool:
    try:
        Storage.open_with_password(backend, password, clock=HandClock())
    except AccessDenied:
        return False
    return True


def test_each_password_opens_everything_also_what_is_made_later() -> None:
    backend = MemoryBackend()
    storage, recovery_key, snapshot = make(backend)
    keys = keys_of(storage)
    assert keys.add_password("ann", ANN, cost=CHEAP) == []
    assert [one.name for one in keys.passwords()] == ["main", "ann"]
    storage.repository("mailbox", "later", create=True)
    for password in (PASSWORD, ANN):
        require_sound(Storage.open_with_password(backend, password, clock=HandClock()), snapshot)
    require_sound(Storage.open_with_recovery_key(backend, recovery_key), snapshot)
    assert len(key_files(backend)) == 6, "three repositories, two passwords each"


def test_a_process_that_opened_the_storage_before_makes_repositories_for_all_passwords() -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    before = Storage.open_with_key(backend, storage.key, clock=HandClock())
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    before.repository("mailbox", "later", create=True)
    assert check_repository(storage, "mailbox", "later") == []


def test_a_removed_password_opens_nothing_and_the_others_all() -> None:
    backend = MemoryBackend()
    storage, _, snapshot = make(backend)
    keys = keys_of(storage)
    keys.add_password("ann", ANN, cost=CHEAP)
    assert keys.remove_password("main") == []
    assert (opens(backend, PASSWORD), opens(backend, ANN)) == (False, True)
    require_sound(Storage.open_with_password(backend, ANN, clock=HandClock()), snapshot)
    assert len(key_files(backend)) == 2


def test_the_last_password_stays() -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    with pytest.raises(OperatorError, match="only password"):
        keys_of(storage).remove_password("main")
    assert opens(backend, PASSWORD)


def test_names_that_make_no_sense_are_refused_and_nothing_is_changed() -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    before, keys = dict(backend.files), keys_of(storage)
    refused: list[Callable[[], object]] = [
        lambda: keys.add_password("main", ANN, cost=CHEAP),
        lambda: keys.add_password("../ann", ANN, cost=CHEAP),
        lambda: keys.add_password("ann", "", cost=CHEAP),
        lambda: keys.set_password(ANN, name="ann", cost=CHEAP),
        lambda: keys.remove_password("ann"),
    ]
    for one in refused:
        with pytest.raises(OperatorError):
            one()
    assert backend.files == before


def test_there_are_not_endlessly_many() -> None:
    backend = MemoryBackend()
    storage, _ = Storage.create(backend, PASSWORD, clock=HandClock(), cost=CHEAP)
    keys = keys_of(storage)
    for number in range(1, PASSWORDS_MAX):
        keys.add_password(f"p{number}", ANN, cost=CHEAP)
    with pytest.raises(OperatorError, match="most"):
        keys.add_password("more", ANN, cost=CHEAP)


def test_a_password_is_changed_and_the_other_stays() -> None:
    backend = MemoryBackend()
    storage, _, snapshot = make(backend)
    keys = keys_of(storage)
    keys.add_password("ann", ANN, cost=CHEAP)
    before = storage.key
    keys.set_password("another", name="ann", cost=CHEAP)
    assert (opens(backend, PASSWORD), opens(backend, ANN), opens(backend, "another")) == (
        True,
        False,
        True,
    )
    again = Storage.open_with_password(backend, "another", clock=HandClock())
    assert again.key == before
    require_sound(again, snapshot)


def test_boxes_of_one_password_do_not_open_in_anothers_place() -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    for name in (records.NAME, records.COPY_NAME):
        document = orjson.loads(backend.files[name])
        first, second = document["passwords"]
        first["restic"], second["restic"] = second["restic"], first["restic"]
        del document["checksum"]
        document["checksum"] = records._checksum(document)
        backend.files[name] = orjson.dumps(document)
    with pytest.raises(AccessDenied):
        Storage.open_with_password(backend, ANN)


def test_who_changes_at_the_same_time_is_told() -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    other = Storage.open_with_password(backend, PASSWORD, clock=HandClock())

    def meanwhile(name: str) -> None:
        if "/keys/" in name:
            backend.on_write = lambda _: None
            keys_of(other).renew_recovery_key()

    backend.on_write = meanwhile
    with pytest.raises(ResourceLocked):
        keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    assert not opens(backend, ANN)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    assert len(key_files(backend)) == 4, "what was begun in vain is gone"


def test_a_new_recovery_key_voids_the_one_before() -> None:
    backend = MemoryBackend()
    storage, recovery_key, snapshot = make(backend)
    other = keys_of(storage).renew_recovery_key()
    with pytest.raises(AccessDenied):
        Storage.open_with_recovery_key(backend, recovery_key)
    require_sound(Storage.open_with_recovery_key(backend, other, clock=HandClock()), snapshot)
    assert opens(backend, PASSWORD)


@pytest.mark.parametrize("act", ["add", "change", "remove", "renew"])
def test_where_nothing_can_be_deleted_nothing_is_begun(act: str) -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    before = dict(backend.files)
    guarded = Storage.open_with_password(AppendOnly(backend), PASSWORD, clock=HandClock())
    with pytest.raises(DeleteRefused):
        {"add": add, "change": change, "remove": remove, "renew": renew}[act](guarded)
    assert backend.files == before


def add(storage: Storage) -> None:
    keys_of(storage).add_password("bob", "bob's", cost=CHEAP)


def change(storage: Storage) -> None:
    keys_of(storage).set_password("ann's other", name="ann", cost=CHEAP)


def remove(storage: Storage) -> None:
    keys_of(storage).remove_password("ann")


def renew(storage: Storage) -> None:
    keys_of(storage).renew_recovery_key()


CRASHES = [(add, 10), (change, 12), (remove, 10), (renew, 8)]
"""Each with the number of its changes: the lock, a key file for each repository, two records
(refused, deleted, saved), the key files that go, and the lock."""


@pytest.mark.parametrize(
    ("act", "at"), [(act, at) for act, steps in CRASHES for at in range(1, steps + 1)]
)
def test_cut_short_anywhere_everything_opens_and_it_can_be_done_again(
    act: Callable[[Storage], None], at: int
) -> None:
    backend = MemoryBackend()
    storage, _, snapshot = make(backend)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    crashing = crashing_at(backend, at)
    dying = Storage.open_with_password(crashing, PASSWORD, clock=HandClock())
    with pytest.raises(PowerCut):
        act(dying)
    assert crashing.faults.is_dead
    again = Storage.open_with_password(backend, PASSWORD, clock=HandClock())
    assert content(again.repository("mailbox", "a1b2"), snapshot) == FILES
    names = {one.name for one in keys_of(again).passwords()}
    if "ann" in names and act is not change:
        assert opens(backend, ANN)
    again.mend()
    if not (act is add and "bob" in names) and not (act is remove and "ann" not in names):
        act(again)
    for kind, resource_id in again.repositories():
        mend_repository(again, kind, resource_id)
    require_sound(again, snapshot)
    wanted = {"main", *(["ann"] if act is not remove else []), *(["bob"] if act is add else [])}
    assert {one.name for one in keys_of(again).passwords()} == wanted
    assert len(key_files(backend)) == 2 * len(wanted), "no key file of a removed one is left"


@pytest.mark.parametrize(("act", "steps"), CRASHES)
def test_as_many_steps_are_tried_as_there_are(act: Callable[[Storage], None], steps: int) -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    whole = crashing_at(backend, steps + 1)
    act(Storage.open_with_password(whole, PASSWORD, clock=HandClock()))
    assert not whole.faults.is_dead
    assert whole.faults.changes == steps, "one step more would be the first that is not there"


def test_removed_again_after_a_cut_the_password_is_in_no_copy_of_the_record_either() -> None:
    for number in range(1, 11):
        backend = MemoryBackend()
        storage, *_ = make(backend)
        keys_of(storage).add_password("ann", ANN, cost=CHEAP)
        cut = Storage.open_with_password(crashing_at(backend, number), PASSWORD)
        try:
            remove(cut)
        except PowerCut:
            with suppress(OperatorError):
                remove(Storage.open_with_password(backend, PASSWORD))
        for name in (records.NAME, records.COPY_NAME):
            left = records.read_record(backend, name).passwords
            assert [one.name for one in left] == ["main"], (number, name)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_password_removed_while_a_repository_is_made_does_not_open_that_one(
    *, is_killed: bool
) -> None:
    backend = MemoryBackend()
    storage, *_ = make(backend)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)

    def meanwhile(name: str) -> None:
        if name == "repositories/mailbox/new/config":
            backend.on_write = lambda _: None
            remove(Storage.open_with_password(backend, PASSWORD))
            if is_killed:
                raise PowerCut

    backend.on_write = meanwhile
    with suppress(PowerCut):
        storage.repository("mailbox", "new", create=True)
    again = Storage.open_with_password(backend, PASSWORD)
    again.repository("mailbox", "new", create=True)
    assert check_repository(again, "mailbox", "new") == []
    assert len([name for name in key_files(backend) if "/new/" in name]) == 1


def test_a_storage_of_the_first_version_takes_more_passwords(tmp_path: Path) -> None:
    old = Path(__file__).parents[1] / "formats" / "storage-v1"
    backend = FileBackend(Path(shutil.copytree(old, tmp_path / "storage")))
    keys = keys_of(Storage.open_with_password(backend, FIRST, clock=HandClock()))
    assert [one.name for one in keys.passwords()] == ["main"]
    keys.add_password("ann", ANN, cost=CHEAP)
    for password in (FIRST, ANN):
        storage = Storage.open_with_password(backend, password, clock=HandClock())
        for kind, resource_id in storage.repositories():
            assert check_repository(storage, kind, resource_id, read_data=True) == []


@pytest.mark.restic
def test_restic_opens_with_every_password_and_not_with_a_removed_one(
    tmp_path: Path, restic_program: ResticProgram
) -> None:
    backend = FileBackend(tmp_path / "storage")
    storage, _, _ = make(backend)
    keys_of(storage).add_password("ann", ANN, cost=CHEAP)
    put(storage.repository("mailbox", "later", create=True), FILES)
    places = [tmp_path / "storage" / "repositories" / "mailbox" / one for one in ("a1b2", "later")]

    def let_in(password: str) -> list[bool]:
        tried = (restic_program.on(place, RESTIC_PASSWORD=password) for place in places)
        return [one.run("cat", "config").returncode == 0 for one in tried]

    assert (let_in(PASSWORD), let_in(ANN)) == ([True, True], [True, True])
    keys_of(storage).remove_password("ann")
    assert (let_in(PASSWORD), let_in(ANN)) == ([True, True], [False, False])
