"""What a storage is promised holds in each object store, as far as one of this machine tells."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from strongroom.errors import OperatorError
from strongroom.store.backend import BlobBackend, Stored
from tests.contracts.backend import BackendContract
from tests.fakes.object_stores import AzureService, GcsService, S3Service, fill


class TestS3(BackendContract):
    @pytest.fixture
    def backend(self, s3_service: S3Service) -> BlobBackend:
        return s3_service.backend(s3_service.new_bucket())


class TestAzure(BackendContract):
    @pytest.fixture
    def backend(self, azure_service: AzureService) -> BlobBackend:
        return azure_service.backend(azure_service.new_bucket())


class TestGoogle(BackendContract):
    @pytest.fixture
    def backend(self, gcs_service: GcsService) -> BlobBackend:
        return gcs_service.backend(gcs_service.new_bucket())


def test_a_storage_may_have_a_folder_of_a_bucket_for_itself(s3_service: S3Service) -> None:
    bucket = s3_service.new_bucket()
    folder = s3_service.backend(bucket, "some/folder")
    folder.save("data/one", b"1")
    s3_service.backend(bucket).save("some/folder-else", b"2")
    assert s3_service.backend(bucket).load("some/folder/data/one") == b"1"
    assert list(folder.list("")) == [Stored("data/one", 1)]
    assert list(folder.folders("")) == ["data"]


def test_a_bucket_that_locks_objects_takes_them_and_keeps_what_is_deleted(
    s3_service: S3Service,
) -> None:
    bucket = s3_service.new_bucket(locks=True)
    backend = s3_service.backend(bucket)
    backend.save("config", b"first")
    backend.delete("config")
    assert list(backend.list("")) == []
    backend.save("config", b"second")
    versions = s3_service.client().list_object_versions(Bucket=bucket)
    assert len(versions["Versions"]) == 2
    assert len(versions["DeleteMarkers"]) == 1
    assert backend.load("config") == b"second"


def test_what_consoles_make_of_a_folder_is_not_in_it(s3_service: S3Service) -> None:
    bucket = s3_service.new_bucket()
    s3_service.client().put_object(Bucket=bucket, Key="some/folder/", Body=b"")
    folder = s3_service.backend(bucket, "some/folder")
    assert list(folder.list("")) == []
    folder.save("one", b"1")
    assert list(folder.list("")) == [Stored("one", 1)]


def test_a_name_that_is_no_path_is_told(s3_service: S3Service) -> None:
    bucket = s3_service.new_bucket()
    s3_service.client().put_object(Bucket=bucket, Key="a//b", Body=b"")
    with pytest.raises(OperatorError, match="no path") as caught:
        list(s3_service.backend(bucket).list(""))
    assert caught.value.hint


MANY = 1_234


@pytest.mark.parametrize("service", ["s3_service", "gcs_service"])
def test_a_listing_of_many_pages_is_whole(service: str, request: pytest.FixtureRequest) -> None:
    store: S3Service | GcsService = request.getfixturevalue(service)
    bucket = store.new_bucket()
    names = {f"data/{number:05}/one" for number in range(MANY)}
    fill(bucket, names)
    backend = store.backend(bucket)
    listed = [entry.name for entry in backend.list("data/")]
    assert len(listed) == MANY
    assert set(listed) == names
    assert list(backend.folders("data/")) == [f"{number:05}" for number in range(MANY)]


@pytest.mark.soak
def test_a_listing_of_many_pages_is_whole_in_azure(azure_service: AzureService) -> None:
    backend = azure_service.backend(azure_service.new_bucket())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: backend.save(f"data/{n:05}", b""), range(5_100)))
    assert {entry.name for entry in backend.list("data/")} == {f"data/{n:05}" for n in range(5_100)}


def test_the_bucket_must_be_there(s3_service: S3Service) -> None:
    assert_no_bucket(s3_service.backend("nobody-made-it"))


def test_the_container_must_be_there(azure_service: AzureService) -> None:
    assert_no_bucket(azure_service.backend("nobody-made-it"))


def test_the_bucket_of_google_must_be_there(gcs_service: GcsService) -> None:
    assert_no_bucket(gcs_service.backend("nobody-made-it"))


def assert_no_bucket(backend: BlobBackend) -> None:
    """Show that every call tells it: that nothing is stored there would be no answer."""
    for call in (
        lambda: backend.save("one", b"1"),
        lambda: backend.load("one"),
        lambda: backend.load_range("one", 0, 1),
        lambda: list(backend.list("")),
        lambda: list(backend.folders("")),
    ):
        with pytest.raises(OperatorError, match=r"NoSuchBucket|ContainerNotFound") as caught:
            call()
        assert "not there" in caught.value.hint
