"""What a storage is promised holds in each object store, as far as one of this machine tells."""

from __future__ import annotations

import pytest

from strongroom.store.backend import BlobBackend
from tests.contracts.backend import BackendContract
from tests.fakes.object_stores import AzureService, GcsService, S3Service


class TestS3(BackendContract):
    @pytest.fixture
    def backend(self, s3_service: S3Service) -> BlobBackend:
        return s3_service.backend(s3_service.new_bucket())


class TestS3InAFolder(BackendContract):
    @pytest.fixture
    def backend(self, s3_service: S3Service) -> BlobBackend:
        return s3_service.backend(s3_service.new_bucket(), "some/folder")


class TestAzure(BackendContract):
    @pytest.fixture
    def backend(self, azure_service: AzureService) -> BlobBackend:
        return azure_service.backend(azure_service.new_bucket())


class TestGoogle(BackendContract):
    @pytest.fixture
    def backend(self, gcs_service: GcsService) -> BlobBackend:
        return gcs_service.backend(gcs_service.new_bucket())
