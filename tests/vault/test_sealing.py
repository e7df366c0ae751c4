"""Sealed records open for whom they were sealed, unchanged, and for nothing else."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import IntegrityError
from strongroom.vault.sealing import Identity, Sealed, seal, unseal

KEY = bytes(range(32))
WHO = Identity(noun="connection", id="c1", name="office", kind="exchange-onprem")
SEALED = seal(b"the record", WHO, service_key=KEY)


@given(content=st.binary(max_size=4096))
def test_what_was_sealed_comes_back(content: bytes) -> None:
    assert unseal(seal(content, WHO, service_key=KEY), WHO, service_key=KEY) == content


def test_the_record_is_not_readable_and_never_sealed_the_same_way_twice() -> None:
    again = seal(b"the record", WHO, service_key=KEY)
    assert b"record" not in SEALED.record
    assert again.record != SEALED.record
    assert again.wrapped_key != SEALED.wrapped_key


@pytest.mark.parametrize(
    "other",
    [
        replace(WHO, noun="storage"),
        replace(WHO, id="c2"),
        replace(WHO, name="office2"),
        replace(WHO, kind="exchange-online"),
        replace(WHO, id="c1office", name=""),
    ],
)
def test_a_box_moved_to_another_row_does_not_open(other: Identity) -> None:
    with pytest.raises(IntegrityError, match="do not open"):
        unseal(SEALED, other, service_key=KEY)


def test_another_service_key_does_not_open_it() -> None:
    with pytest.raises(IntegrityError, match="do not open") as caught:
        unseal(SEALED, WHO, service_key=os.urandom(32))
    assert "service.key" in caught.value.hint


@given(data=st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    box = data.draw(st.sampled_from(["record", "wrapped_key"]))
    content = bytearray(getattr(SEALED, box))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        unseal(replace(SEALED, **{box: bytes(content)}), WHO, service_key=KEY)


@pytest.mark.parametrize("length", [0, 3, 4, 15, 16, 31])
def test_a_box_that_is_cut_is_noticed(length: int) -> None:
    cut = Sealed(record=SEALED.record[:length], wrapped_key=SEALED.wrapped_key)
    with pytest.raises(IntegrityError):
        unseal(cut, WHO, service_key=KEY)


def test_the_wrapped_key_is_no_record() -> None:
    swapped = Sealed(record=SEALED.wrapped_key, wrapped_key=SEALED.record)
    with pytest.raises(IntegrityError):
        unseal(swapped, WHO, service_key=KEY)


def test_an_identity_that_could_be_mistaken_for_another_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        replace(WHO, name="a\0b").associated_data()
