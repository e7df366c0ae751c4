from __future__ import annotations

import base64
from pathlib import Path

import orjson
import pytest

from strongroom.errors import AccessDenied, IntegrityError, OperatorError
from strongroom.store import record
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend
from strongroom.store.keys import Scrypt
from strongroom.store.passwords import STRONG
from strongroom.store.storage import Storage
from strongroom.store.wrapping import PasswordHash, WrongKey, new_recovery_key, seal, unseal
from tests.fakes.faults import PowerCut
from tests.fakes.faulty_backend import crashing_at
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import CHEAP, PASSWORD, content, new_storage, put

RECORD = record.NAME


def create(backend: BlobBackend) -> tuple[Storage, str]:
    return Storage.create(backend, PASSWORD, clock=HandClock(), cost=CHEAP)


def test_password_recovery_key_and_storage_key_open_the_same_storage(
    backend: MemoryBackend,
) -> None:
    storage, recovery_key = create(backend)
    opened = [
        Storage.open_with_password(backend, PASSWORD),
        Storage.open_with_recovery_key(backend, recovery_key),
        Storage.open_with_key(backend, storage.key),
    ]
    assert {(other.id, other.key) for other in opened} == {(storage.id, storage.key)}


def test_each_way_in_opens_what_another_wrote(backend: MemoryBackend) -> None:
    storage, recovery_key = create(backend)
    repository = storage.repository("mailbox", "a1b2", create=True)
    snapshot_id = put(repository, {("hello.txt",): b"hello"})
    recovered = Storage.open_with_recovery_key(backend, recovery_key, clock=HandClock())
    again = recovered.repository("mailbox", "a1b2")
    assert content(again, snapshot_id) == {("hello.txt",): b"hello"}


def test_a_wrong_password_is_refused_with_a_way_out(backend: MemoryBackend) -> None:
    create(backend)
    with pytest.raises(AccessDenied) as caught:
        Storage.open_with_password(backend, "wrong horse")
    assert "recovery key" in caught.value.hint
    assert "wrong horse" not in f"{caught.value} {caught.value.hint}"


def test_keys_of_another_storage_are_refused(backend: MemoryBackend) -> None:
    create(backend)
    other, other_recovery_key = create(MemoryBackend())
    with pytest.raises(AccessDenied):
        Storage.open_with_recovery_key(backend, other_recovery_key)
    with pytest.raises(AccessDenied):
        Storage.open_with_key(backend, other.key)


def test_a_recovery_key_may_be_typed_carelessly_but_not_wrongly(backend: MemoryBackend) -> None:
    storage, recovery_key = create(backend)
    assert [len(group) for group in recovery_key.split("-")] == [5] * 8
    careless = [
        recovery_key.lower(),
        recovery_key.replace("-", ""),
        f"  {recovery_key.replace('-', ' ')}\n",
        recovery_key.replace("O", "0").replace("I", "1").replace("B", "8"),
    ]
    for typed in careless:
        assert Storage.open_with_recovery_key(backend, typed).id == storage.id
    other = "A" if recovery_key[7] != "A" else "C"
    for typed in ("", recovery_key[:-1], recovery_key[:7] + other + recovery_key[8:], "naïve"):
        with pytest.raises(OperatorError, match="not a recovery key"):
            Storage.open_with_recovery_key(backend, typed)


def test_recovery_keys_are_random() -> None:
    assert len({new_recovery_key() for _ in range(100)}) == 100


def test_a_storage_is_never_made_over_another(backend: MemoryBackend) -> None:
    create(backend)
    before = dict(backend.files)
    with pytest.raises(OperatorError, match="storage already") as caught:
        create(backend)
    assert "password" in caught.value.hint
    assert backend.files == before


@pytest.mark.parametrize("left", [record.NAME, record.COPY_NAME])
def test_a_storage_that_lost_one_record_is_still_one(backend: MemoryBackend, left: str) -> None:
    create(backend)
    for name in {record.NAME, record.COPY_NAME} - {left}:
        backend.delete(name)
    with pytest.raises(OperatorError, match="storage already"):
        create(backend)


def test_a_storage_that_lost_both_records_is_not_made_anew_over_its_repositories(
    backend: MemoryBackend,
) -> None:
    create(backend)[0].repository("mailbox", "a1b2", create=True)
    backend.delete(record.NAME)
    backend.delete(record.COPY_NAME)
    with pytest.raises(OperatorError, match="storage already"):
        create(backend)


def test_a_storage_is_not_made_among_other_things(backend: MemoryBackend) -> None:
    backend.save("holiday/beach.jpg", b"x")
    with pytest.raises(OperatorError, match="not empty") as caught:
        create(backend)
    assert "holiday/beach.jpg" in caught.value.why
    assert len(backend.files) == 1


def test_of_two_that_make_a_storage_at_once_the_second_is_refused(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, _ = create(backend)
    monkeypatch.setattr("strongroom.store.founding.refuse_occupied", lambda _: None)
    with pytest.raises(OperatorError, match="storage already"):
        create(backend)
    assert Storage.open_with_password(backend, PASSWORD).id == storage.id


def test_a_storage_needs_a_password(backend: MemoryBackend) -> None:
    with pytest.raises(OperatorError, match="needs a password"):
        Storage.create(backend, "", cost=CHEAP)
    assert backend.files == {}


def test_where_there_is_no_storage_nothing_opens(backend: MemoryBackend) -> None:
    with pytest.raises(OperatorError, match="no storage here"):
        Storage.open_with_password(backend, PASSWORD)


@pytest.mark.parametrize("at", range(1, 5))
def test_killed_while_it_is_made_a_storage_is_there_or_not(at: int) -> None:
    survives = MemoryBackend()
    crashing = crashing_at(survives, at)
    try:
        create(crashing)
    except PowerCut:
        assert at < 4
    else:
        assert at == 4, "three files are written"
    if RECORD in survives.files:
        storage = Storage.open_with_password(survives, PASSWORD)
        storage.mend()
        assert storage.check() == []
    else:
        create(survives)


@pytest.mark.parametrize("at", range(1, 5))
def test_killed_while_it_is_made_a_repository_is_finished_next_time(at: int) -> None:
    survives = MemoryBackend()
    new_storage(survives)
    crashing = Storage.open_with_password(crashing_at(survives, at), PASSWORD)
    try:
        crashing.repository("mailbox", "a1b2", create=True)
    except PowerCut:
        assert at < 4
    else:
        assert at == 4, "three files are written"
    storage = Storage.open_with_password(survives, PASSWORD, clock=HandClock())
    assert storage.repositories() == ([] if at < 4 else [("mailbox", "a1b2")])
    repository = storage.repository("mailbox", "a1b2", create=True)
    put(repository, {("x",): b"x"})
    assert repository.check(read_data=True) == []
    assert len([name for name in survives.files if "/keys/" in name]) == 1


def test_secrets_of_the_record_are_bound_to_their_storage_and_purpose() -> None:
    box = seal(bytes(32), b"secret", "storage A: master key")
    assert unseal(bytes(32), box, "storage A: master key") == b"secret"
    for key, purpose in (
        (bytes(32), "storage B: master key"),
        (bytes(31) + b"1", "storage A: master key"),
    ):
        with pytest.raises(WrongKey):
            unseal(key, box, purpose)


def test_a_repositorys_master_key_cannot_be_put_in_anothers_place(backend: MemoryBackend) -> None:
    storage = new_storage(backend)
    for resource in ("a1b2", "c3d4"):
        storage.repository("mailbox", resource, create=True)
    name = "repositories/mailbox/{}/strongroom/master-key.json"
    backend.files[name.format("c3d4")] = backend.files[name.format("a1b2")]
    for key in [key for key in backend.files if "c3d4/keys/" in key]:
        backend.delete(key)
    with pytest.raises(IntegrityError, match="cannot be opened"):
        storage.repository("mailbox", "c3d4")


def test_neither_password_nor_storage_key_lie_in_the_storage(backend: MemoryBackend) -> None:
    storage, recovery_key = create(backend)
    storage.repository("mailbox", "a1b2", create=True)
    everything = b"\n".join(backend.files.values())
    for secret in (PASSWORD.encode(), storage.key, recovery_key.encode()):
        assert secret not in everything
        assert base64.b64encode(secret) not in everything


def test_trying_passwords_is_expensive() -> None:
    """At least what RFC 9106 and the maintainers of scrypt recommend."""
    assert STRONG.argon2_memory_kib >= 64 * 1024
    assert STRONG.argon2_iterations >= 3
    assert STRONG.scrypt_n * STRONG.scrypt_p >= 1 << 17


def test_the_record_says_what_it_is_made_with(backend: MemoryBackend) -> None:
    create(backend)
    document = orjson.loads(backend.files[RECORD])
    (password,) = document["passwords"]
    assert password["name"] == "main"
    assert password["password"]["kdf"] == "argon2id"
    assert password["restic"]["kdf"] == "scrypt"
    assert document["version"] == 2


def test_a_record_of_a_newer_version_is_told_as_such(backend: MemoryBackend) -> None:
    create(backend)
    document = orjson.loads(backend.files[RECORD])
    document["version"] = 3
    del document["checksum"]
    document["checksum"] = record._checksum(document)
    backend.files[RECORD] = orjson.dumps(document)
    with pytest.raises(OperatorError, match="version 3"):
        Storage.open_with_password(backend, PASSWORD)


def test_repositories_are_listed_in_order_and_opened_by_kind_and_id(backend: MemoryBackend) -> None:
    storage = new_storage(backend)
    assert storage.repositories() == []
    for kind, resource in (("site", "s1"), ("mailbox", "m2"), ("mailbox", "m1")):
        storage.repository(kind, resource, create=True)
    assert storage.repositories() == [("mailbox", "m1"), ("mailbox", "m2"), ("site", "s1")]
    with pytest.raises(OperatorError, match="no backup of mailbox m3"):
        storage.repository("mailbox", "m3")
    assert ("mailbox", "m3") not in storage.repositories()


@pytest.mark.parametrize("resource", ["", "..", "a/b", ".hidden", "a\\b", "x" * 201, "nul\0"])
def test_a_resource_id_that_is_no_file_name_is_refused(
    backend: MemoryBackend, resource: str
) -> None:
    with pytest.raises(ValueError, match="not a kind and an id"):
        new_storage(backend).repository("mailbox", resource, create=True)


def test_a_readme_tells_a_person_how_to_go_without_strongroom(backend: MemoryBackend) -> None:
    storage = new_storage(backend)
    text = backend.files["README.txt"].decode()
    assert "restic -r PATH/repositories/KIND/ID restore latest" in text
    backend.delete("README.txt")
    assert any("README.txt" in problem for problem in storage.check())
    storage.mend()
    assert storage.check() == []


def test_a_storage_lies_in_a_directory_as_well(tmp_path: Path) -> None:
    storage, _ = create(FileBackend(tmp_path / "storage"))
    repository = storage.repository("mailbox", "a1b2", create=True)
    snapshot_id = put(repository, {("a", "b.txt"): b"hello"})
    assert content(repository, snapshot_id) == {("a", "b.txt"): b"hello"}
    assert sorted(path.name for path in (tmp_path / "storage").iterdir()) == [
        "README.txt",
        "repositories",
        "strongroom",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {"memory_kib": 1 << 40},
        {"iterations": 1 << 31},
        {"lanes": 1 << 20},
        {"memory_kib": 0},
    ],
)
def test_no_record_makes_whoever_opens_it_spend_any_memory_or_time(asked: dict[str, int]) -> None:
    sane = {"memory_kib": 64, "iterations": 1, "lanes": 4}
    with pytest.raises(ValueError, match="no sense"):
        PasswordHash(**{**sane, **asked}, salt=bytes(16))


@pytest.mark.parametrize("asked", [{"n": 1 << 40}, {"r": 1 << 30}, {"p": 1 << 20}])
def test_nor_does_a_key_of_restics(asked: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no sense"):
        Scrypt(**{"n": 1 << 15, "r": 8, "p": 4, **asked}, salt=bytes(64))
