"""A certificate's file in every form that administrators have comes out as one."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.wire.entra.certificate_files import read_identity
from tests.fakes.identities import LOCK, identity


def never() -> str:
    raise AssertionError("an unlocked key needs no password")


def test_an_unlocked_key_is_taken_and_nobody_is_asked() -> None:
    mine = identity()
    proof = read_identity(mine.plain, never)
    assert proof.for_msal()["public_certificate"].encode() == mine.certificate


@pytest.mark.parametrize("form", ["locked", "pfx"])
def test_a_locked_key_comes_out_unlocked(form: str) -> None:
    mine = identity()
    proof = read_identity(getattr(mine, form), lambda: LOCK)
    assert proof == read_identity(mine.plain, never)
    assert "ENCRYPTED" not in proof.pem


@pytest.mark.parametrize("form", ["locked", "pfx"])
def test_another_password_is_told_and_not_repeated(form: str) -> None:
    with pytest.raises(OperatorError, match="password of the key is another") as caught:
        read_identity(getattr(identity(), form), lambda: "not-this-one")
    assert "not-this-one" not in f"{caught.value!r}{caught.value}{caught.value.__context__!r}"
    assert "--certificate-password-file" in caught.value.hint


def test_what_is_no_identity_is_refused() -> None:
    mine, other = identity(), identity("other")
    key = mine.plain.removeprefix(mine.certificate)
    for content in (b"", b"nonsense", mine.certificate, key, other.certificate + key):
        with pytest.raises(OperatorError):
            read_identity(content, lambda: "x")


def test_a_key_that_entra_id_does_not_take_is_refused() -> None:
    with pytest.raises(OperatorError, match="not RSA"):
        read_identity(identity("curve", is_rsa=False).plain, never)
