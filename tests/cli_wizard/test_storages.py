"""A storage in a bucket is made at a terminal, with every detour."""

from __future__ import annotations

from pathlib import Path

from strongroom.compose import open_application
from tests.cli_wizard.walking import Turn, assert_fits, straight, walk
from tests.fakes.marked import canary
from tests.fakes.object_store_doors import s3_door
from tests.fakes.object_stores import S3Service
from tests.fakes.terminal import strongroom


def test_a_bucket_with_a_wrong_turn_and_back_at_every_step_and_a_wrong_key(
    home: Path, s3_service: S3Service
) -> None:
    bucket, key = s3_service.new_bucket(), s3_service.credentials
    password = canary("of the storage at a terminal")
    with s3_door(s3_service) as door, strongroom(home, "storage", "wizard") as terminal:
        walk(
            terminal,
            Turn("What is the storage to be called?", "vault", "../up"),
            Turn("Where are backups to lie?", "3", "9"),
            Turn("Address of the server?", door.endpoint, "http://10.0.0.7", "on the way"),
            Turn("Name of the bucket?", bucket, "Bucket"),
            Turn("Which folder of the bucket?", "", "a b"),
            Turn("How are we let in?", "1", "x"),
            Turn("Id of the access key?", "AKWRONG"),
            Turn("The key itself?", key.secret_access_key, "", "Nothing was entered"),
        )
        terminal.answer("Password of the storage?", password)
        terminal.expect("Once more:")
        terminal.enter(password)
        terminal.answer("Try the place", "")
        assert "403 InvalidAccessKeyId" in terminal.asked("Try the place")
        for question in ("Password of the storage?", "The key itself?", "Id of the access key?"):
            terminal.enter("back")
            terminal.asked(question)
        terminal.enter(key.access_key_id)
        straight(
            terminal,
            Turn("The key itself?", ""),
            Turn("Password of the storage?", ""),
            Turn("Try the place", ""),
        )
        assert terminal.ends() == 0
        shown = terminal.transcript
        assert "Made the storage vault." in shown
        assert f"storage add vault 's3://{bucket}/strongroom?endpoint={door.endpoint}'" in shown
        assert key.secret_access_key not in shown
        assert password not in shown
        assert_fits(terminal)
        with open_application(home) as application:
            view = application.storages.show("vault").storage
            assert view.credentials == "access-key"
            assert application.storages.stats("vault") == []


def test_who_leaves_early_has_made_nothing(home: Path) -> None:
    with strongroom(home, "storage", "wizard") as terminal:
        terminal.answer("What is the storage to be called?", "vault")
        terminal.answer("Where are backups to lie?", "quit")
        assert terminal.ends() == 130
        assert "Nothing was made" in terminal.transcript
    with open_application(home) as application:
        assert application.storages.all() == []
