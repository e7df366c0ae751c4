"""Object lock of S3: objects that nobody can delete before a certain time; botocore does it.

The bucket keeps versions. A delete puts a *marker* on top and frees nothing; the version below it
is still there, and cannot be deleted for good while it is locked: in *governance* mode by nobody
without a right of its own (``s3:BypassGovernanceRetention``), in *compliance* mode by nobody.

Source:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import botocore.config
import botocore.exceptions
import botocore.session

from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable
from strongroom.store.backend import NotStored
from strongroom.store.keeping import BroughtBack, stays

if TYPE_CHECKING:
    from strongroom.store.objects import S3Credentials

_MISSING = frozenset({"NoSuchKey", "404", "NoSuchVersion", "MethodNotAllowed"})
_UNLOCKED = frozenset(
    {"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest"}
)
_DENIED = frozenset({"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_HASHED = re.compile(r"(?:^|/)[0-9a-f]{64}$")
_SECOND = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class S3Retention:
    """Object lock of a bucket of S3.

    Attributes:
        client: botocore's, of S3.
        bucket: Its name.
        prefix: Folder of the storage, without slashes at its ends; empty: the bucket itself.
        mode: ``governance`` or ``compliance``.
    """

    client: Any = field(repr=False)
    bucket: str
    prefix: str
    mode: str
    requests: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def require(self) -> None:
        """See ``Retention``."""
        try:
            answer = self._ask("get_object_lock_configuration")
            is_on = answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
        except _NotLocked:
            is_on = False
        if not is_on:
            raise OperatorError(
                f"The bucket {self.bucket} cannot lock objects.",
                why="Object lock, which needs versions, is not switched on for it.",
                hint="Make a bucket with object lock, or switch on both for this one; then again.",
            )

    def lock(self, name: str, until: datetime) -> datetime:
        """See ``Retention``."""
        mode, there = self._head(name)
        wanted = _whole_seconds(until)
        if there is not None and there >= wanted:
            # A lenient service would shorten it, if it were asked to.
            if mode in {self.mode.upper(), "COMPLIANCE"}:
                return there
            wanted = there
        self._ask(
            "put_object_retention",
            Key=self._key(name),
            Retention={"Mode": self.mode.upper(), "RetainUntilDate": wanted},
        )
        return wanted

    def locked_until(self, name: str) -> datetime | None:
        """See ``Retention``."""
        return self._head(name)[1]

    def _head(self, name: str) -> tuple[str, datetime | None]:
        # The head of the object tells it as well, of every version of the service.
        answer = self._ask("head_object", Key=self._key(name))
        until: datetime | None = answer.get("ObjectLockRetainUntilDate")
        mode = str(answer.get("ObjectLockMode", ""))
        return mode, None if until is None else until.astimezone(UTC)

    def bring_back(self, *, since: datetime | None = None) -> BroughtBack:
        """See ``Retention``."""
        undeleted = restored = 0
        stuck: list[str] = []
        for name, versions in self._versions():
            covering = _covering(name, versions, since)
            for one in covering:
                try:
                    self._ask("delete_object", Key=self._key(name), VersionId=one.id)
                except AccessDenied:
                    stuck.append(name)
                    break
            else:
                undeleted += bool(covering) and covering[0].is_marker
                restored += bool(covering) and not covering[0].is_marker
        return BroughtBack(undeleted=undeleted, restored=restored, stuck=tuple(stuck))

    def _versions(self) -> Iterator[tuple[str, list[_Version]]]:
        """List what is to stay, with all versions of it, the newest first."""
        found: dict[str, list[_Version]] = {}
        pages = self.client.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=f"{self.prefix}/" if self.prefix else ""
        )
        with _explained("listed"):
            for page in pages:
                self._count()
                for kind, is_marker in (("Versions", False), ("DeleteMarkers", True)):
                    for one in page.get(kind, ()):
                        name = one["Key"].removeprefix(f"{self.prefix}/" if self.prefix else "")
                        if stays(name):
                            found.setdefault(name, []).append(_Version.of(one, is_marker))
        for name, versions in sorted(found.items()):
            yield name, sorted(versions, key=lambda one: (one.is_latest, one.at), reverse=True)

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _ask(self, operation: str, **more: Any) -> Any:  # noqa: ANN401 - botocore is untyped
        self._count()
        call: Callable[..., Any] = getattr(self.client, operation)
        with _explained(more.get("Key", self.bucket)):
            return call(Bucket=self.bucket, **more)

    def _count(self) -> None:
        with self._counting:
            self.requests += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    id: str
    at: datetime
    is_marker: bool
    is_latest: bool
    etag: str

    @classmethod
    def of(cls, told: Any, is_marker: bool) -> _Version:  # noqa: ANN401, FBT001 - as botocore tells
        return cls(
            id=told["VersionId"],
            at=told["LastModified"],
            is_marker=is_marker,
            is_latest=bool(told.get("IsLatest")),
            etag=told.get("ETag", ""),
        )


def _covering(name: str, versions: list[_Version], since: datetime | None) -> list[_Version]:
    """Choose the versions that hide the one that is to be on top again, the newest first.

    What is named by its content was right when it was stored first, and whatever was put over it
    is somebody else's. Of other files the newest that was not deleted counts.
    """
    contents = [one for one in versions if not one.is_marker]
    if not contents:
        return []
    wanted = contents[-1] if _HASHED.search(name) else contents[0]
    if versions[0].is_marker and since is not None and versions[0].at < since:
        return []
    covering = versions[: versions.index(wanted)]
    return [] if all(one.etag == wanted.etag for one in covering) else covering


class _NotLocked(Exception):
    """There is no lock, or nothing that could be locked."""


def s3_retention(
    bucket: str,
    prefix: str,
    *,
    mode: str,
    region: str,
    endpoint: str = "",
    credentials: S3Credentials | None,
    ca_file: str | None = None,
) -> S3Retention:
    """Open the object lock of a bucket.

    Args:
        bucket: Its name.
        prefix: Folder of the storage, without slashes at its ends.
        mode: ``governance`` or ``compliance``.
        region: Of the bucket.
        endpoint: Origin of a service that is not Amazon; empty: Amazon.
        credentials: None: the role that this machine has.
        ca_file: Authorities to trust instead of the system's own; None: those.
    """
    session = botocore.session.Session()
    client = session.create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint or None,
        aws_access_key_id=credentials.access_key_id if credentials else None,
        aws_secret_access_key=credentials.secret_access_key if credentials else None,
        aws_session_token=(credentials.session_token or None) if credentials else None,
        verify=ca_file,
        config=botocore.config.Config(
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=16,
            retries={"mode": "standard", "max_attempts": 5},
            s3={"addressing_style": "path"},
        ),
    )
    return S3Retention(client=client, bucket=bucket, prefix=prefix, mode=mode)


def _whole_seconds(moment: datetime) -> datetime:
    """Round up: services keep whole seconds, and the lock must not end too early."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole if whole == moment else whole + _SECOND


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Say what an answer of the service means. What botocore says may tell a key."""
    failure: Exception
    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        failure = _meaning(name, code)
    except botocore.exceptions.BotoCoreError as error:
        failure = ServerUnreachable(
            "The object store did not answer when it was asked to lock objects.",
            why=type(error).__name__,
            hint="Look whether its endpoint can be reached from here, and try again.",
        )
    else:
        return
    raise failure


def _meaning(name: str, code: str) -> Exception:
    if code in _UNLOCKED:
        return _NotLocked()
    if code in _MISSING:
        return NotStored(f"{name} is not in the storage.")
    if code in _DENIED:
        return AccessDenied(
            f"The lock of {name} cannot be set or read.",
            why=f"The object store says {code}.",
            hint="What we sign in with needs s3:PutObjectRetention and s3:GetObjectRetention, and "
            "s3:GetBucketObjectLockConfiguration; docs/immutability.md lists all rights.",
        )
    return OperatorError(
        f"The lock of {name} cannot be set or read.", why=f"The object store says {code or '?'}."
    )
