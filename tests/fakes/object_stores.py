"""Object stores of this machine, for the tests that need one: started once, on loopback.

==========  ==========================================  ======================================
service     who plays it                                how
==========  ==========================================  ======================================
S3          moto                                        in this process
Azure       Azurite, Microsoft's own                    a process of its own, under Node.js
Google      moto behind ``GoogleFace``                  in this process
==========  ==========================================  ======================================

Every test gets a bucket of its own.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import http.client
import itertools
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from strongroom.store.backend import BlobBackend
from strongroom.store.objects import (
    AzureCredentials,
    GcsCredentials,
    S3Credentials,
    azure_backend,
    gcs_backend,
    s3_backend,
)
from tests.fakes.marked import drawn

REGION = "eu-central-1"
ACCOUNT = "devstoreaccount1"
_ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The account that every Azurite has, and its key, which is in Microsoft's manual and no secret."""

_NPM = Path(__file__).parents[1] / "judges" / "npm"
_AZURITE = _NPM / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
_NODE = shutil.which("node")
NO_AZURITE = "Node.js or azurite is not here (make judges): what Azure needs is NOT SHOWN"
_SOMEBODY = (
    f"AWS4-HMAC-SHA256 Credential=AKSTRONGROOM/20260101/{REGION}/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
_OWNER = "123456789012"
"""The account that moto takes everybody for."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Service:
    """An S3 that knows everybody.

    Attributes:
        endpoint: Its origin.
        credentials: Any will do.
    """

    endpoint: str
    credentials: S3Credentials = field(
        default_factory=lambda: S3Credentials(
            access_key_id="AKSTRONGROOM", secret_access_key=drawn(24)
        )
    )

    def client(self) -> Any:
        """Give Amazon's own client, which can make buckets and look behind."""
        return _client(self.endpoint, self.credentials)

    def new_bucket(self, *, locks: bool = False) -> str:
        """Make a bucket, with object lock if wished; say its name."""
        name = f"bucket-{next(_numbers)}"
        self.client().create_bucket(
            Bucket=name,
            ObjectLockEnabledForBucket=locks,
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        return name

    def backend(self, bucket: str, prefix: str = "") -> BlobBackend:
        """Open a bucket."""
        return s3_backend(
            bucket,
            prefix,
            region=REGION,
            endpoint=self.endpoint,
            credentials=self.credentials,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureService:
    """A storage account of Azure.

    Attributes:
        endpoint: Its origin, with the account in the path.
        credentials: The account's key.
    """

    endpoint: str
    credentials: AzureCredentials

    def new_bucket(self) -> str:
        """Make a container; say its name."""
        name = f"container-{next(_numbers)}"
        parts = urlsplit(self.endpoint)
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
        path = f"{parts.path}/{name}"
        told = "".join(f"{key}:{value}\n" for key, value in sorted(headers.items()))
        empty = "\n" * 11
        signed = f"PUT\n{empty}{told}/{ACCOUNT}{path}\nrestype:container"
        key = base64.b64decode(self.credentials.account_key)
        signature = base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature}"
        assert _status(parts.netloc, "PUT", f"{path}?restype=container", headers) == 201
        return name

    def backend(self, bucket: str, prefix: str = "") -> BlobBackend:
        """Open a container."""
        return azure_backend(
            bucket,
            prefix,
            account=ACCOUNT,
            endpoint=self.endpoint,
            credentials=self.credentials,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsService:
    """A Google Cloud Storage that asks nobody for a token.

    Attributes:
        endpoint: Its origin.
        s3: The same buckets, seen as S3.
    """

    endpoint: str
    s3: S3Service
    credentials: GcsCredentials = field(
        default_factory=lambda: GcsCredentials(
            service_account_json=orjson.dumps(
                {
                    "disable_oauth": True,
                    "client_email": "strongroom@lab.example",
                    "private_key": "",
                    "private_key_id": "",
                }
            ).decode()
        )
    )

    def new_bucket(self) -> str:
        """Make a bucket; say its name."""
        return self.s3.new_bucket()

    def backend(self, bucket: str, prefix: str = "") -> BlobBackend:
        """Open a bucket."""
        return gcs_backend(bucket, prefix, endpoint=self.endpoint, credentials=self.credentials)


_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class GoogleFace:
    """What Google's XML interface says otherwise than S3, which it is like in all else.

    "Nothing may be there yet" is ``x-goog-if-generation-match: 0``, and every object that is stored
    has a generation. So this proves what we send and how we read the answer, and nothing about
    Google's service.
    """

    def __init__(self, inner: _Application) -> None:
        self._inner = inner

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", None) == "0":
            environ["HTTP_IF_NONE_MATCH"] = "*"
        for uri in ("RAW_URI", "REQUEST_URI"):  # more is escaped than S3 looks through
            environ[uri] = environ[uri].replace("%2F", "/").replace("%2D", "-")
        environ["HTTP_AUTHORIZATION"] = _SOMEBODY

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("x-goog-generation", "1")], *more)

        return self._inner(environ, start)


@pytest.fixture(scope="session")
def s3_service() -> Iterator[S3Service]:
    """Start an S3."""
    with served(_moto()) as origin:
        yield S3Service(endpoint=origin)


@pytest.fixture(scope="session")
def gcs_service(s3_service: S3Service) -> Iterator[GcsService]:
    """Start a Google Cloud Storage."""
    with served(GoogleFace(_moto())) as origin:
        yield GcsService(endpoint=origin, s3=s3_service)


@pytest.fixture(scope="session")
def azure_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureService]:
    """Start a storage account of Azure."""
    if _NODE is None or not _AZURITE.is_file():
        pytest.skip(NO_AZURITE)
    arguments = ["--blobHost=127.0.0.1", "--blobPort=0", "--inMemoryPersistence"]
    arguments += ["--skipApiVersionCheck", "--disableTelemetry", "--disableProductStyleUrl"]
    with subprocess.Popen(
        [_NODE, str(_AZURITE), *arguments],
        cwd=tmp_path_factory.mktemp("azurite"),
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = (line for line in process.stdout if "successfully listens on" in line)
        origin = next(lines, "").rpartition(" ")[2].strip()
        assert origin, "Azurite did not start"
        reader = Thread(target=process.stdout.read, daemon=True)  # or its log would stop it
        reader.start()
        yield AzureService(
            endpoint=f"{origin}/{ACCOUNT}",
            credentials=AzureCredentials(account_key=_ACCOUNT_KEY),
        )
        process.terminate()
        reader.join()


@functools.cache
def _client(endpoint: str, credentials: S3Credentials) -> Any:
    import botocore.session  # noqa: PLC0415 - half a second that few tests need

    return botocore.session.get_session().create_client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
    )


def _moto() -> _Application:
    """Make a moto; all of them in one process hold the same buckets."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - a second that few tests need
        DomainDispatcherApplication,
        create_backend_app,
    )

    application: _Application = DomainDispatcherApplication(create_backend_app)
    return application


def fill(bucket: str, names: Iterable[str]) -> None:
    """Put objects of one byte into a bucket of the S3 behind its back, which is quicker."""
    from moto.s3.models import s3_backends  # noqa: PLC0415 - as above

    for name in names:
        s3_backends[_OWNER]["aws"].put_object(bucket, name, b"x")


@contextmanager
def served(application: _Application, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve an application on loopback; give its origin."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler  # noqa: PLC0415 - as above
    from werkzeug.serving import make_server  # noqa: PLC0415 - as above

    class Quiet(MotoRequestHandler):  # type: ignore[misc, unused-ignore]
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
            """Leave out what tests ask for."""

    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=Quiet, ssl_context=tls
    )
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _status(host: str, method: str, path: str, headers: dict[str, str]) -> int:
    with closing(http.client.HTTPConnection(host)) as connection:
        connection.request(method, path, headers=headers)
        return connection.getresponse().status
