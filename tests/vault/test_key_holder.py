"""The service key: taken from wherever it is kept, and changed without losing what is sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.credential_key import CredentialKey
from strongroom.vault.key_holder import KeyHolder, stage_new, take_key
from strongroom.vault.keyring_key import KeyringKey
from strongroom.vault.sealing import Identity, Sealed, rewrap, seal, unseal
from strongroom.vault.service_key import FileKey

WHO = Identity(noun="connection", id="c1", name="office", kind="exchange-onprem")


class MemoryKeyring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise RuntimeError("locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class Box:
    """What is sealed in a home: one record."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.sealed: Sealed = seal(b"details", WHO, service_key=key)

    def opens(self, key: bytes) -> bool:
        try:
            return unseal(self.sealed, WHO, service_key=key) == b"details"
        except IntegrityError:
            return False

    def rewrap(self, new: bytes) -> None:
        self.sealed = rewrap(self.sealed, WHO, old_key=self.key, new_key=new)
        self.key = new


@pytest.fixture(params=["file", "keyring"])
def holder(request: pytest.FixtureRequest, tmp_path: Path) -> KeyHolder:
    if request.param == "file":
        return FileKey(tmp_path)
    return KeyringKey(MemoryKeyring(), str(tmp_path))


def test_a_key_is_made_once_and_stays(holder: KeyHolder) -> None:
    assert holder.load() is None
    key = take_key(holder, is_needed=False, opens=lambda _: False)
    assert len(key) == 32
    assert take_key(holder, is_needed=True, opens=lambda _: True) == key


def test_one_that_is_needed_and_gone_is_not_made_anew(holder: KeyHolder) -> None:
    with pytest.raises(OperatorError, match="is gone"):
        take_key(holder, is_needed=True, opens=lambda _: False)
    assert holder.load() is None, "a new one would hide the loss"


def test_a_rotation_leaves_a_key_that_opens_everything(holder: KeyHolder) -> None:
    old = holder.create()
    box = Box(old)
    box.rewrap(stage_new(holder))
    new = take_key(holder, is_needed=True, opens=box.opens)
    assert new != old
    assert box.opens(new)
    assert not box.opens(old)
    assert holder.staged() is None


def test_a_rotation_killed_before_everything_is_rewrapped_goes_back(holder: KeyHolder) -> None:
    old = holder.create()
    box = Box(old)
    stage_new(holder)
    assert take_key(holder, is_needed=True, opens=box.opens) == old
    assert holder.staged() is None


def test_a_rotation_killed_after_everything_is_rewrapped_goes_on(holder: KeyHolder) -> None:
    box = Box(holder.create())
    box.rewrap(stage_new(holder))
    key = take_key(holder, is_needed=True, opens=box.opens)
    assert box.opens(key)
    assert holder.load() == key


def test_a_credential_of_the_service_manager_is_read_and_never_written(tmp_path: Path) -> None:
    file = tmp_path / "strongroom.service-key"
    holder = CredentialKey(file)
    with pytest.raises(OperatorError, match="is gone"):
        take_key(holder, is_needed=True, opens=lambda _: False)
    file.write_bytes(bytes(32))
    assert take_key(holder, is_needed=True, opens=lambda _: True) == bytes(32)
    with pytest.raises(OperatorError, match="cannot be changed here"):
        stage_new(holder)
    file.write_bytes(b"short")
    with pytest.raises(IntegrityError, match="no service key"):
        holder.load()


def test_a_keyring_that_is_locked_or_holds_something_else_is_told_as_such() -> None:
    keyring = MemoryKeyring()
    holder = KeyringKey(keyring, "/home")
    keyring.entries["strongroom", "/home"] = "!! not base64"
    with pytest.raises(IntegrityError, match="damaged"):
        holder.load()
    keyring.is_locked = True
    with pytest.raises(OperatorError, match="cannot be reached"):
        holder.load()


def test_two_homes_have_different_entries() -> None:
    keyring = MemoryKeyring()
    assert KeyringKey(keyring, "/a").create() != KeyringKey(keyring, "/b").create()
