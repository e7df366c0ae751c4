"""A storage in S3 (moto's) is adopted, and a home brought back from it, by URL and recovery key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.compose.object_urls import is_object_url
from strongroom.compose.storages import normal_url, open_backend
from strongroom.control.home import prepare
from strongroom.service.application import Application
from strongroom.service.callers import own_account
from strongroom.service.home_restoring import HomeRestoring, Wish
from strongroom.service.ports import Ports
from strongroom.service.selections import BackupSelection
from strongroom.service.session import Session
from strongroom.service.storage_access import Access
from strongroom.store.backend import BlobBackend
from strongroom.vault.secret import Secret
from strongroom.vault.service_key import FileKey
from tests.fakes.mail_server import World, storage_password
from tests.fakes.object_stores import REGION, S3Service
from tests.fakes.storages import create_is_cheap
from tests.service.support import back_up


@pytest.fixture
def ports(world: World, monkeypatch: pytest.MonkeyPatch) -> Ports:
    """Give what the program has outside of it, with real storages in S3."""
    create_is_cheap(monkeypatch.setitem)
    known = world.ports()

    def opened(url: str, access: Access | None) -> BlobBackend:
        return open_backend(url, access) if is_object_url(url) else known.open_backend(url, access)

    return replace(
        known,
        open_backend=opened,
        normal_url=lambda url: normal_url(url) if is_object_url(url) else known.normal_url(url),
    )


def test_url_credentials_and_recovery_key_are_enough(
    ports: Ports, world: World, ready: Application, tmp_path: Path, s3_service: S3Service
) -> None:
    keys = s3_service.credentials
    fields = {
        "access_key_id": keys.access_key_id,
        "secret_access_key": keys.secret_access_key,
    }
    access = Access(credentials=Secret(json.dumps(fields)))
    bucket = s3_service.new_bucket()
    url = f"s3://{bucket}/backups?endpoint={s3_service.endpoint}&region={REGION}"
    world.estate.add("ann@example", items=2)
    with Application(ready.home.path, ports) as first:
        added = first.storages.add("cloud", url, storage_password(), access)
        assert added.recovery_key is not None
        selection = BackupSelection(resources=("ann@example",), is_all=False)
        first.jobs.add_backup("nightly", connection="office", storage="cloud", selection=selection)
        assert back_up(first)["status"] == "complete"
        points = [one.id for one in first.kept.points("cloud").points]
        first.homes.back_up("cloud")

    with Application(tmp_path / "bare", ports) as bare:
        bare.storage_keys.adopt("again", url, added.recovery_key, access)
        assert [one.id for one in bare.kept.points("again").points] == points

    home = tmp_path / "back"
    restoring = HomeRestoring(
        prepare(home), holder=FileKey(home), ports=ports, session=Session(own_account(), why="")
    )
    found = restoring.restore(Wish(url=url, recovery_key=added.recovery_key, access=access))
    assert found.jobs == ("nightly",)
    with Application(home, ports) as back:
        assert back_up(back)["status"] == "complete"
        assert len(back.kept.points("cloud").points) == len(points) + 1
