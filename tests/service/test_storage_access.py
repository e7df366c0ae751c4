"""What object stores are reached with: checked, sealed, bound to its place, tried, never shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

import pytest

from strongroom.errors import AccessDenied, IntegrityError, OperatorError
from strongroom.service.application import Application
from strongroom.service.storage_access import Access, checked_access, credentials_of
from strongroom.store.backend import BlobBackend
from strongroom.vault.secret import Secret
from tests.fakes.lying_backend import RefusesToDelete, WritesOver
from tests.fakes.mail_server import World, storage_password
from tests.fakes.marked import MARK, canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import create_is_cheap
from tests.service.support import add_job, back_up, check_storage

URL = "s3://bucket/backups?region=eu-central-1"
_PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture(autouse=True)
def _is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    create_is_cheap(monkeypatch.setitem)


def access(fields: Mapping[str, object] | str, ca_pem: str = "") -> Access:
    text = fields if isinstance(fields, str) else json.dumps(fields)
    return Access(credentials=Secret(text), ca_pem=ca_pem)


def s3_key(name: str) -> Access:
    secret = f"{MARK}-{name.replace(' ', '-')}"
    return access({"access_key_id": "AKIAEXAMPLE", "secret_access_key": secret})


def google_key() -> dict[str, str]:
    begin, end = (f"-----{one} PRIVATE KEY-----" for one in ("BEGIN", "END"))
    return {
        "type": "service_account",
        "client_email": "backup@acme.iam.gserviceaccount.com",
        "private_key_id": "0123",
        "private_key": f"{begin}\n{canary('of google')}\n{end}\n",
        "token_uri": "https://evil.example/token",
    }


@pytest.mark.parametrize(
    ("url", "fields", "kind"),
    [
        (URL, {"access_key_id": "A", "secret_access_key": "b"}, "access-key"),
        (
            URL,
            {"access_key_id": "A", "secret_access_key": "b", "session_token": "c"},
            "session-token",
        ),
        ("az://box/x?account=acme", {"account_key": "a+/b=="}, "account-key"),
        ("az://box/x?account=acme", {"sas_token": "sv=1&sig=x%3D"}, "sas-token"),
        ("gs://bucket/x", google_key(), "service-account"),
    ],
)
def test_each_cloud_has_its_own_credentials(url: str, fields: dict[str, object], kind: str) -> None:
    given = access(fields)
    assert checked_access(url, given) == given
    found = credentials_of(url, given)
    assert found.kind == kind
    assert set(found.fields) <= set(fields)
    assert "token_uri" not in found.fields, "where proofs are sent is for us to know"


def test_without_credentials_it_is_what_the_machine_has() -> None:
    assert checked_access(URL, None) == Access()
    assert credentials_of(URL, Access()).kind == "ambient"
    assert checked_access("file:///srv", None) is None


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("file:///srv", s3_key("for a directory")),
        ("file:///srv", Access(ca_pem=_PEM)),
        (URL, access(MARK)),
        (URL, access(f'["{MARK}"]')),
        (URL, access({"access_key_id": MARK})),
        (URL, access({"access_key_id": MARK, "secret_access_key": 7})),
        (URL, access({"access_key_id": "A", "secret_access_key": ""})),
        (URL, access({"access_key_id": "A", "secret_access_key": f"{MARK}\n"})),
        (URL, access({"account_key": MARK})),
        (URL, access(f'"{MARK}"' + " " * 70_000)),
        ("az://box/x?account=acme", access({"account_key": MARK, "sas_token": MARK})),
        ("gs://bucket/x", access({**google_key(), "type": "authorized_user"})),
        ("gs://bucket/x", access({**google_key(), "private_key": MARK})),
        (URL, Access(ca_pem=MARK)),
        (URL, Access(ca_pem=_PEM + google_key()["private_key"])),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_told(url: str, given: Access) -> None:
    with pytest.raises(OperatorError) as caught:
        checked_access(url, given)
    error = caught.value
    assert error.why
    assert error.hint
    assert MARK not in f"{error} {error.hint}"
    assert (error.__cause__, error.__context__) == (None, None), "which would hold the file's text"


def test_a_storage_is_opened_with_what_was_given_and_nobody_is_shown_it(
    application: Application, world: World
) -> None:
    given = s3_key("of the bucket")
    added = application.storages.add("cloud", URL, storage_password(), given)
    assert added.storage.credentials == "access-key"
    world.accesses.clear()
    application.kept.points("cloud")
    application.storages.stats("cloud")
    check_storage(application, "cloud", read_data=False)
    application.storages.prove("cloud")
    assert world.accesses == [(URL, given)] * len(world.accesses)
    assert len(world.accesses) == 4
    shown = (application.storages.show("cloud"), application.storages.all(), added)
    assert MARK not in repr(shown)
    assert "AKIA" not in repr(shown)


def test_what_the_machine_has_is_said_to_be_used(application: Application, world: World) -> None:
    added = application.storages.add("cloud", URL, storage_password())
    assert added.storage.credentials == "ambient"
    world.accesses.clear()
    application.kept.points("cloud")
    assert world.accesses == [(URL, Access())]
    application.storages.add("disk", "memory:disk", storage_password())
    assert application.storages.show("disk").storage.credentials == ""


def test_credentials_are_replaced_once_they_were_tried(
    application: Application, world: World
) -> None:
    old, new, wrong = s3_key("old"), s3_key("new"), s3_key("wrong")
    application.storages.add("cloud", URL, storage_password(), old)
    real = world.open_backend

    def open_backend(url: str, given: Access | None = None) -> BlobBackend:
        if given == wrong:
            raise AccessDenied("They refuse this key.")
        return real(url, given)

    object.__setattr__(application._shared.ports, "open_backend", open_backend)
    with pytest.raises(AccessDenied):
        application.storages.edit("cloud", wrong)
    world.accesses.clear()
    application.kept.points("cloud")
    application.storages.edit("cloud", new)
    application.kept.points("cloud")
    assert [given for _, given in world.accesses] == [old, new, new]


def test_credentials_that_lead_to_another_storage_are_not_kept(
    application: Application, world: World
) -> None:
    application.storages.add("cloud", URL, storage_password(), s3_key("old"))
    world.backends.pop(URL)
    world.make_storage(URL)
    with pytest.raises(OperatorError, match="is not the storage 'cloud'"):
        application.storages.edit("cloud", s3_key("new"))
    with pytest.raises(OperatorError, match="no storage named"):
        application.storages.edit("other", s3_key("new"))


def test_a_directory_has_nothing_to_be_replaced(ready: Application) -> None:
    with pytest.raises(OperatorError, match="without credentials"):
        ready.storages.edit("disk", s3_key("new"))
    with pytest.raises(OperatorError, match="lies in a directory"):
        ready.storages.edit("disk", Access())


def test_what_is_kept_opens_for_no_other_place(application: Application) -> None:
    """Who may write to the control database alone leads no secret to a server of theirs."""
    application.storages.add("cloud", URL, storage_password(), s3_key("of the bucket"))
    with sqlite3.connect(application.home.path / "control.db") as raw:
        raw.execute("UPDATE storages SET url = 's3://bucket/x?endpoint=https://evil.example'")
    raw.close()
    with pytest.raises(IntegrityError, match="access to storage 'cloud' do not open"):
        application.kept.points("cloud")


def test_what_is_kept_was_taken_out_and_is_not_replaced_by_what_the_machine_has(
    application: Application,
) -> None:
    application.storages.add("cloud", URL, storage_password(), s3_key("of the bucket"))
    with sqlite3.connect(application.home.path / "control.db") as raw:
        raw.execute("DELETE FROM storage_access")
    raw.close()
    with pytest.raises(IntegrityError, match="is missing") as caught:
        application.kept.points("cloud")
    assert "storage edit cloud" in caught.value.hint
    application.storages.edit("cloud", Access())
    assert application.kept.points("cloud").points == ()


def test_another_service_key_opens_it_as_well(application: Application, world: World) -> None:
    given = s3_key("of the bucket")
    application.storages.add("cloud", URL, storage_password(), given)
    application.vault.rotate_key()
    world.accesses.clear()
    application.kept.points("cloud")
    assert world.accesses == [(URL, given)]


def test_removing_a_storage_removes_what_it_is_reached_with(application: Application) -> None:
    application.storages.add("cloud", URL, storage_password(), s3_key("of the bucket"))
    application.storages.remove("cloud")
    with sqlite3.connect(application.home.path / "control.db") as raw:
        assert raw.execute("SELECT count(*) FROM storage_access").fetchone() == (0,)
    raw.close()


def test_nothing_is_made_where_a_promise_is_broken(application: Application, world: World) -> None:
    world.backends[URL] = WritesOver()
    with pytest.raises(OperatorError, match="does not keep") as caught:
        application.storages.add("cloud", URL, storage_password(), s3_key("of the bucket"))
    assert "written over" in caught.value.why
    assert application.storages.all() == []
    assert list(world.backends[URL].list("")) == []
    assert application.storages.probe(URL, s3_key("of the bucket")).broken


def test_a_storage_that_is_there_is_adopted_from_wherever_and_what_is_broken_is_told(
    application: Application, world: World
) -> None:
    world.make_storage(URL)
    lying = WritesOver()
    kept = world.backends[URL]
    assert isinstance(kept, MemoryBackend)
    lying.files = kept.files
    world.backends[URL] = lying
    added = application.storages.add("cloud", URL, storage_password())
    assert any("written over" in one for one in added.tried.broken)
    assert application.storages.prove("cloud").broken == added.tried.broken


def test_where_nothing_is_ever_deleted_that_is_said_and_backups_work(
    ready: Application, world: World
) -> None:
    tried = ready.storages.probe("memory:append-only")
    assert (tried.broken, tried.notes) == ((), ())
    world.backends["memory:append-only"] = RefusesToDelete()
    (note,) = ready.storages.probe("memory:append-only").notes
    assert "Nothing can be deleted there" in note


def test_jobs_use_what_is_kept_without_being_asked_for_it(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    ready.storages.remove("disk")
    given = s3_key("of the bucket")
    ready.storages.add("disk", URL, storage_password(), given)
    add_job(ready, "ann@example")
    world.accesses.clear()
    assert back_up(ready)["status"] == "complete"
    assert {one for one, _ in world.accesses} == {URL}
    assert all(one == given for _, one in world.accesses)


def test_a_definition_that_leaves_the_house_carries_no_credentials(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    ready.storages.remove("disk")
    ready.storages.add("disk", URL, storage_password(), s3_key("of the bucket"))
    add_job(ready, "ann@example")
    document = repr(ready.definitions.give_out())
    assert "disk" in document
    assert MARK not in document
    assert "AKIA" not in document


def test_no_secret_of_a_url_reaches_the_audit_log(application: Application) -> None:
    secret = f"{MARK}-in-a-url"
    application.storages.probe(f"memory:x?sig={secret}")
    told = [one.about for one in application.audit.records()]
    assert any(one.get("url") == "memory:x?sig=…" for one in told)
    assert MARK not in repr(told)
