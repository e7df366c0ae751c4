from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.store.crypto import MasterKey, Sealer, Tools, Unauthenticated

KEY = MasterKey.from_bytes(bytes(range(64)))


@given(st.binary(max_size=5000))
def test_what_was_sealed_opens(plain: bytes) -> None:
    sealer = Sealer(KEY)
    assert sealer.open(sealer.box(plain)) == plain


def test_a_box_is_as_much_longer_as_restic_says() -> None:
    nonce, ciphertext, tag = Sealer(KEY).seal(b"x" * 100)
    assert (len(nonce), len(ciphertext), len(tag)) == (16, 100, 16)


def test_one_sealer_opens_and_seals_in_any_order() -> None:
    sealer = Sealer(KEY)
    first, second = sealer.box(b"first"), sealer.box(b"second")
    assert sealer.open(second) == b"second"
    assert sealer.open(sealer.box(b"third")) == b"third"
    assert sealer.open(first) == b"first"


def test_no_nonce_is_used_twice() -> None:
    sealer = Sealer(KEY)
    nonces = {sealer.seal(b"")[0] for _ in range(3000)}
    assert len(nonces) == 3000


@given(st.binary(min_size=1, max_size=200), st.data())
def test_no_bit_can_be_changed_unnoticed(plain: bytes, data: st.DataObject) -> None:
    sealer = Sealer(KEY)
    box = bytearray(sealer.box(plain))
    box[data.draw(st.integers(0, len(box) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unauthenticated):
        sealer.open(box)


@pytest.mark.parametrize("length", [0, 1, 31])
def test_what_is_too_short_to_be_a_box_is_none(length: int) -> None:
    with pytest.raises(Unauthenticated):
        Sealer(KEY).open(bytes(length))


def test_another_key_does_not_open_it() -> None:
    box = Sealer(KEY).box(b"secret")
    with pytest.raises(Unauthenticated):
        Sealer(MasterKey.random()).open(box)


def test_the_tag_is_poly1305_aes_as_its_author_published_it() -> None:
    """The third example of appendix B of the Poly1305-AES paper."""
    key = MasterKey(
        encrypt=bytes(32),
        mac_k=bytes.fromhex("6acb5f61a7176dd320c5c1eb2edcdc74"),
        mac_r=bytes.fromhex("48443d0bb0d21109c89a100b5ce2c208"),
    )
    nonce = bytes.fromhex("ae212a55399729595dea458bc621ff0e")
    ciphertext = bytes.fromhex("663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136")
    tag = bytes.fromhex("0ee1c16bb73f0f4fd19881753c01cdbe")
    assert len(Sealer(key).open_parts(nonce, ciphertext, tag)) == 32


def test_a_master_key_survives_restics_json() -> None:
    assert MasterKey.from_json(KEY.to_json()) == KEY
    assert MasterKey.from_bytes(KEY.to_bytes()) == KEY


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"mac":{"k":"","r":""},"encrypt":""}'])
def test_what_is_no_master_key_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - orjson's own is one too
        MasterKey.from_json(raw)


def test_a_master_key_does_not_show_itself() -> None:
    assert repr(KEY) == "MasterKey()"


def test_every_thread_has_tools_of_its_own() -> None:
    tools = Tools(KEY)
    seen = [tools.sealer]
    thread = threading.Thread(target=lambda: seen.append(tools.sealer))
    thread.start()
    thread.join()
    assert seen[0] is not seen[1]
    assert seen[1].open(seen[0].box(b"both know the key")) == b"both know the key"
