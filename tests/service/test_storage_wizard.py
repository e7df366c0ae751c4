"""The storage wizard: what it asks where, what it makes of the answers, and what it never tells."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from strongroom.compose import normal_url
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.storage_wizard.wizard import StorageMade, StorageWizard
from strongroom.service.wizard.words import Question, Raw, Upload
from strongroom.vault.secret import Secret
from tests.fakes.lying_backend import WritesOver
from tests.fakes.mail_server import World, storage_password
from tests.fakes.marked import MARK, caged
from tests.fakes.storages import create_is_cheap

PEM = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = Secret(f"{MARK}-key")
GOOGLE = {
    "type": "service_account",
    "client_email": "backup@acme.example",
    "private_key_id": "01",
    "private_key": "-----BEGIN {0}-----\nx\n-----END {0}-----\n".format("PRIVATE KEY"),
}


@pytest.fixture(autouse=True)
def _is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    create_is_cheap(monkeypatch.setitem)


@pytest.fixture
def wizard(application: Application) -> StorageWizard:
    return StorageWizard(application.storages, normal_url)


def go(wizard: StorageWizard, answers: Mapping[str, Raw]) -> list[str]:
    """Answer what is asked, by the questions' names; give what was asked, in order."""
    asked = []
    while isinstance(question := wizard.now(), Question):
        asked.append(question.key)
        assert question.text.endswith("?")
        assert question.help
        if question.key not in answers:
            break
        wizard.answer(answers[question.key])
    return asked


S3: Mapping[str, Raw] = {
    "name": "vault", "where": "amazon", "bucket": "acme", "region": "eu-central-1", "folder": "",
    "proof": "key", "key_id": "AKIA", "key": KEY, "password": storage_password(), "make": "",
}  # fmt: skip
PATHS: Mapping[str, tuple[Mapping[str, Raw], str, str]] = {
    "amazon": (S3, "s3://acme/strongroom?region=eu-central-1", "access-key"),
    "own": (
        {**S3, "where": "own", "endpoint": "https://minio:9000", "authority": "own",
         "ca": Upload(name="/ca.pem", content=PEM)},
        "s3://acme/strongroom?endpoint=https://minio:9000",
        "access-key",
    ),
    "azure": (
        {**S3, "where": "azure", "account": "acme", "proof": "signature",
         "signature": Secret(f"sv=1&sig={MARK}")},
        "az://acme/strongroom?account=acme",
        "sas-token",
    ),
    "azure by its key": (
        {**S3, "where": "azure", "account": "acme"},
        "az://acme/strongroom?account=acme",
        "account-key",
    ),
    "google": (
        {**S3, "where": "google", "proof": "file",
         "key_file": Upload(name="/key.json", content=json.dumps(GOOGLE).encode())},
        "gs://acme/strongroom",
        "service-account",
    ),
    "ambient": ({**S3, "proof": "ambient"}, "s3://acme/strongroom?region=eu-central-1", "ambient"),
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_each_place_asks_for_what_it_takes_and_is_made(
    application: Application, world: World, wizard: StorageWizard, path: str
) -> None:
    answers, url, kind = PATHS[path]
    asked = go(wizard, answers)
    assert len(asked) == len(set(asked))
    made = wizard.now()
    assert isinstance(made, StorageMade)
    assert (made.added.storage.url, made.added.storage.credentials) == (url, kind)
    assert made.added.recovery_key is not None
    assert made.ca_file == ("/ca.pem" if path == "own" else "")
    led, access = world.accesses[-1]
    assert led == url
    assert access is not None
    assert (access.credentials is None) == (path == "ambient")
    assert access.ca_pem.encode() == (PEM if path == "own" else b"")
    assert application.storages.show("vault").storage == made.added.storage
    assert MARK not in repr(made)


def test_a_directory_asks_for_nothing_that_lets_anybody_in(
    world: World, wizard: StorageWizard
) -> None:
    answers: Mapping[str, Raw] = {"name": "disk", "where": "directory", "make": "yes",
               "directory": "/srv/b",
               "password": storage_password()}  # fmt: skip
    assert go(wizard, answers) == ["name", "where", "directory", "password", "make"]
    assert world.accesses[-1] == ("/srv/b", None)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("name", "../up"),
        ("name", "taken"),
        ("name", ""),
        ("where", "moon"),
        ("bucket", "Acme"),
        ("bucket", "acme?sig=x"),
        ("region", "eu/1"),
        ("folder", "a/../b"),
        ("proof", "signature"),
        ("key", ""),
        ("key", "typed where it is seen"),
        ("password", Secret("")),
        ("make", "perhaps"),
    ],
)
def test_a_wrong_answer_is_refused_with_words_that_help_and_changes_nothing(
    application: Application, key: str, wrong: Raw
) -> None:
    application.storages.add("taken", "memory:taken", storage_password())
    wizard = StorageWizard(application.storages, normal_url)
    go(wizard, {name: one for name, one in S3.items() if name != key})
    with pytest.raises(OperatorError) as caught:
        wizard.answer(wrong)
    assert caught.value.hint or caught.value.why
    assert go(wizard, S3)[0] == key
    assert isinstance(wizard.now(), StorageMade)


def test_a_server_without_tls_on_another_machine_is_refused(wizard: StorageWizard) -> None:
    go(wizard, {"name": "vault", "where": "own"})
    with pytest.raises(OperatorError, match="cannot be used") as caught:
        wizard.answer("http://minio:9000")
    assert "listens on the way" in caught.value.why


def test_back_goes_to_the_question_before_and_answers_stay(wizard: StorageWizard) -> None:
    assert not wizard.back()
    go(wizard, {name: S3[name] for name in ("name", "where", "bucket", "region")})
    assert wizard.back()
    asked = wizard.now()
    assert isinstance(asked, Question)
    assert (asked.key, asked.current) == ("region", "eu-central-1")
    assert wizard.back()
    assert wizard.back()
    wizard.answer("google")
    assert go(wizard, {"bucket": "", "folder": ""}) == ["bucket", "folder", "proof"]


def test_what_was_secret_is_kept_and_not_shown_when_one_goes_back(wizard: StorageWizard) -> None:
    go(wizard, {name: one for name, one in S3.items() if name != "make"})
    for _ in range(2):
        assert wizard.back()
    asked = wizard.now()
    assert isinstance(asked, Question)
    assert (asked.key, asked.has_current, asked.current) == ("key", True, "")
    go(wizard, {"key": "", "password": "", "make": "yes"})
    assert isinstance(wizard.now(), StorageMade)


def test_a_place_that_is_no_good_is_said_to_be_and_everything_can_be_answered_anew(
    application: Application, world: World, wizard: StorageWizard
) -> None:
    world.backends[PATHS["amazon"][1]] = WritesOver()
    go(wizard, {name: one for name, one in S3.items() if name != "make"})
    wizard.answer("yes")
    asked = wizard.now()
    assert isinstance(asked, Question)
    (told,) = asked.told
    assert "does not keep" in told.text
    assert any("written over" in one for one in told.lines)
    wizard.answer("anew")
    anew = wizard.now()
    assert isinstance(anew, Question)
    assert (anew.key, anew.current, anew.told) == ("name", "vault", ())
    go(wizard, {**dict.fromkeys(S3, ""), "bucket": "other"})
    assert isinstance(wizard.now(), StorageMade)
    assert [one.url for one in application.storages.all()] == [
        "s3://other/strongroom?region=eu-central-1"
    ]


def test_a_key_that_cannot_be_one_is_told_at_the_end_without_it(wizard: StorageWizard) -> None:
    go(wizard, {**{name: one for name, one in S3.items() if name != "make"}, "key": caged("a b")})
    wizard.answer("yes")
    asked = wizard.now()
    assert isinstance(asked, Question)
    assert "secret_access_key" in repr(asked.told)
    assert MARK not in repr(asked)
    assert MARK not in repr(wizard.now())
