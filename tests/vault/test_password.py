"""A record's key opens for whoever knows the password, for nothing else, and at a bounded cost."""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault import password as module
from strongroom.vault.password import (
    TUNED,
    PasswordCost,
    WrongPassword,
    unwrap_with_password,
    wrap_for_password,
)
from strongroom.vault.sealing import Identity
from strongroom.vault.secret import Secret
from tests.fakes.marked import caged

CHEAP = PasswordCost(memory_kib=64, iterations=1, lanes=1)
WHO = Identity(noun="connection", id="c1", name="office", kind="exchange-onprem")
KEY = bytes(range(32))
WRAPPED = wrap_for_password(KEY, caged("right"), WHO, cost=CHEAP)


@given(word=st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_the_password_opens_it_and_another_does_not(word: str) -> None:
    wrapped = wrap_for_password(KEY, Secret(word), WHO, cost=CHEAP)
    assert unwrap_with_password(wrapped, Secret(word), WHO) == KEY
    with pytest.raises(WrongPassword, match="not the password"):
        unwrap_with_password(wrapped, Secret(word + "x"), WHO)


def test_it_does_not_matter_how_a_keyboard_composes_letters() -> None:
    composed = unicodedata.normalize("NFC", "Grüße")
    wrapped = wrap_for_password(KEY, Secret(composed), WHO, cost=CHEAP)
    taken_apart = unicodedata.normalize("NFD", composed)
    assert taken_apart != composed
    assert unwrap_with_password(wrapped, Secret(taken_apart), WHO) == KEY


def test_an_empty_password_guards_nothing() -> None:
    with pytest.raises(OperatorError, match="empty"):
        wrap_for_password(KEY, Secret(""), WHO, cost=CHEAP)


@pytest.mark.parametrize(
    "other", [replace(WHO, id="c2"), replace(WHO, kind="exchange-online"), replace(WHO, name="x")]
)
def test_it_does_not_open_beside_another_connection(other: Identity) -> None:
    with pytest.raises(WrongPassword):
        unwrap_with_password(WRAPPED, caged("right"), other)


@given(data=st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    content = bytearray(WRAPPED)
    # Not the cost's own bytes: most values there are slow, and they are tried below.
    at = data.draw(st.one_of(st.integers(0, 3), st.integers(16, len(content) - 1)))
    content[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((WrongPassword, IntegrityError)):
        unwrap_with_password(bytes(content), caged("right"), WHO)


@pytest.mark.parametrize(
    "cost", [(2**31, 1, 1), (64, 2**31, 1), (64, 1, 2**31), (0, 1, 1), (64, 0, 1), (64, 1, 0)]
)
def test_a_rewritten_cost_is_refused_before_it_is_paid(cost: tuple[int, int, int]) -> None:
    head = struct.pack(">4sIII", b"SRP1", *cost)
    with pytest.raises(IntegrityError, match="damaged"):
        unwrap_with_password(head + WRAPPED[len(head) :], caged("right"), WHO)


def test_a_cheaper_cost_does_not_open_it() -> None:
    wrapped = wrap_for_password(KEY, caged("right"), WHO, cost=replace(CHEAP, iterations=2))
    head = struct.pack(">4sIII", b"SRP1", 64, 1, 1)
    with pytest.raises(WrongPassword):
        unwrap_with_password(head + wrapped[len(head) :], caged("right"), WHO)


@pytest.mark.parametrize("length", [0, 3, 4, 31, 32, 40])
def test_one_that_is_cut_is_no_wrong_password(length: int) -> None:
    with pytest.raises((IntegrityError, WrongPassword)):
        unwrap_with_password(WRAPPED[:length], caged("right"), WHO)


def test_the_cost_is_kept_with_it_so_that_it_can_grow_later() -> None:
    assert struct.unpack_from(">III", WRAPPED, 4) == (64, 1, 1)
    assert module.PasswordCost(memory_kib=64, iterations=1, lanes=1) == CHEAP
    assert TUNED.memory_kib >= 64 * 1024
    assert TUNED.iterations >= 3
