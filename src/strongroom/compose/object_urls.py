"""URLs of storages in object stores, and the one form in which each is kept.

    s3://BUCKET/FOLDER?region=REGION[&endpoint=https://HOST]     Amazon S3, or what speaks like it
    az://CONTAINER/FOLDER?account=ACCOUNT[&endpoint=https://HOST]    Azure Blob Storage
    gs://BUCKET/FOLDER[?endpoint=https://HOST]                   Google Cloud Storage

A URL is shown, logged and kept in the clear, so no part of it may let anybody in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from strongroom.errors import OperatorError

Cloud = Literal["s3", "az", "gs"]

EXAMPLES = (
    "s3://BUCKET/FOLDER?region=REGION, az://CONTAINER/FOLDER?account=ACCOUNT or gs://BUCKET/FOLDER"
)
_QUERY: Mapping[str, tuple[str, ...]] = {
    "s3": ("region", "endpoint"),
    "az": ("account", "endpoint"),
    "gs": ("endpoint",),
}
_BUCKET: Mapping[str, re.Pattern[str]] = {
    "s3": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "az": re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
    "gs": re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
}
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
# What every service, and restic as well, writes and lists in the same way.
_FOLDER = re.compile(r"[A-Za-z0-9._@=+,~-]{1,200}")
_FOLDERS_LETTERS_MAX = 400
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_SECRET_NAME = re.compile(
    r"sig|se|sv|sp|sr|.*(key|secret|token|pass|pwd|credential|signature|sas|auth).*", re.IGNORECASE
)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPlace:
    """Where in an object store a storage lies.

    Attributes:
        cloud: How it is spoken to.
        bucket: The bucket; Azure calls it a container.
        folder: Below the bucket, without slashes at its ends; empty: the bucket itself.
        region: Of the bucket, for ``s3``.
        account: Of the container, for ``az``.
        endpoint: Who is asked, for whom it is not the cloud itself; an origin, for ``az`` with a
            path if need be. Empty: the cloud itself.
    """

    cloud: Cloud
    bucket: str
    folder: str
    region: str = ""
    account: str = ""
    endpoint: str = ""

    @property
    def url(self) -> str:
        """The URL in the one form that is kept."""
        query = {name: getattr(self, name) for name in sorted(_QUERY[self.cloud])}
        told = urlencode({name: value for name, value in query.items() if value}, safe=":/[]")
        folder = f"/{quote(self.folder, safe='/@=+,~')}" if self.folder else ""
        return f"{self.cloud}://{self.bucket}{folder}{'?' if told else ''}{told}"


def is_object_url(url: str) -> bool:
    """Say whether a URL names a place in an object store."""
    return url.partition("://")[0].strip().lower() in _QUERY  # what cannot be split has one too


def object_place(url: str) -> ObjectPlace:
    """Read the URL of a storage in an object store.

    Raises:
        OperatorError: it cannot be used. Nothing of what may be a secret is told.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _unusable("It is not written as a URL is.") from None
    cloud = cast("Cloud", parts.scheme)
    query = _query(cloud, parts)
    if port is not None or not _BUCKET[cloud].fullmatch(parts.netloc):
        raise _unusable(
            f"After {cloud}:// comes the name of a bucket, in small letters, and no server.",
            "Give a server of your own with ?endpoint=https://HOST.",
        )
    place = ObjectPlace(
        cloud=cloud,
        bucket=parts.netloc,
        folder=_folder(parts.path),
        region=query.get("region", ""),
        account=query.get("account", ""),
        endpoint=_endpoint(query.get("endpoint", ""), has_path=cloud == "az"),
    )
    _require_whole(place)
    return place


def _query(cloud: str, parts: SplitResult) -> Mapping[str, str]:
    if "@" in parts.netloc:
        raise _has_secret("a name or a password stands before the '@'")
    if parts.fragment:
        raise _unusable("It has a part behind '#'.")
    given = parse_qsl(parts.query, keep_blank_values=True)
    for name, _ in given:
        if name not in _QUERY[cloud] and _SECRET_NAME.fullmatch(name):
            raise _has_secret("its query has what lets somebody in")
        if name not in _QUERY[cloud]:
            known = ", ".join(_QUERY[cloud])
            raise _unusable(f"Its query has a part that is not known here; known are {known}.")
    query = dict(given)
    if len(query) != len(given):
        raise _unusable("A part of its query is given twice.")
    return query


def _folder(path: str) -> str:
    folders = [unquote(one) for one in path.strip("/").split("/") if one]
    if len("/".join(folders)) > _FOLDERS_LETTERS_MAX or any(
        one in {".", ".."} or not _FOLDER.fullmatch(one) for one in folders
    ):
        raise _unusable(
            "Its folder has letters that not every service and program writes alike.",
            "Name it with letters A to Z, digits, and . _ @ = + , ~ - alone.",
        )
    return "/".join(folders)


def _endpoint(text: str, *, has_path: bool) -> str:
    """Read who is asked in the place of the cloud itself."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _unusable("Its endpoint is not written as a URL is.") from None
    if "@" in parts.netloc:
        raise _has_secret("in its endpoint, a name or a password stands before the '@'")
    if parts.query or parts.fragment:
        raise _unusable("Its endpoint has a query of its own.", "Give https://HOST alone.")
    path = parts.path.rstrip("/")
    if parts.scheme not in _DEFAULT_PORTS or not _is_host(host) or (path and not has_path):
        raise _unusable("Its endpoint is no server.", "Give https://HOST or https://HOST:PORT.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise _unusable(
            "Its endpoint is http:// on another machine: whoever listens on the way would read "
            "along and could answer in its place.",
            "Give https://HOST; --ca-file F takes the certificate authority of your own server.",
        )
    _folder(path)
    told = f"[{host}]" if ":" in host else host
    at = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{told}{at}{path}"


def _require_whole(place: ObjectPlace) -> None:
    if place.region and not _REGION.fullmatch(place.region):
        raise _unusable("Its region is none.", "Regions are named like eu-central-1.")
    if place.cloud == "s3" and not (place.region or place.endpoint):
        raise _unusable(
            "The region of the bucket is missing.",
            "Add ?region=REGION (eu-central-1, for example), or ?endpoint=https://HOST for a "
            "server that is not Amazon's.",
        )
    if place.cloud == "az" and not _ACCOUNT.fullmatch(place.account):
        raise _unusable(
            "The storage account is missing, or its name is none: 3 to 24 small letters and "
            "digits.",
            "Add ?account=ACCOUNT.",
        )


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host)) or _address(host) is not None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unusable(why: str, hint: str = "") -> OperatorError:
    return OperatorError(
        "The storage's URL cannot be used.", why=why, hint=hint or f"Write it as {EXAMPLES}."
    )


def _has_secret(which: str) -> OperatorError:
    return OperatorError(
        "The storage's URL holds what looks like a secret.",
        why=f"URLs are shown and kept readable, and {which}.",
        hint="Give the URL without it, and put it into a file for --credentials-file. Others on "
        "this machine may have seen it on the command line, so have it replaced by a new one.",
    )
