"""A secret shows itself to nobody who does not ask by name."""

from __future__ import annotations

import copy
import json
import traceback
from dataclasses import dataclass

import pytest

from strongroom.vault.secret import Secret

WORD = "hunter2-ünïque"


@dataclass(frozen=True)
class Holder:
    user: str
    password: Secret


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret(WORD)
    holder = Holder(user="ann", password=secret)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!s:>30}", repr(holder), f"{[secret]}"]
    assert all(WORD not in text for text in shown)
    assert secret.reveal() == WORD


def test_a_traceback_with_local_variables_does_not_show_it() -> None:
    def sign_in(secret: Secret) -> None:
        raise RuntimeError(f"refused: {secret}")

    with pytest.raises(RuntimeError) as caught:
        sign_in(Secret(WORD))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert all(WORD not in line for line in told.format())


def test_it_cannot_be_serialised_by_accident() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret(WORD))
    with pytest.raises(TypeError):
        copy.copy(Secret(WORD))


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret(WORD) == Secret(WORD)
    assert Secret(WORD) != Secret("other")
    assert Secret(WORD) != WORD
    with pytest.raises(TypeError):
        hash(Secret(WORD))
