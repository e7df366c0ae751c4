"""What lets us in to the object store that a storage lies in, as ``--credentials-file`` gives it.

=======  ==========================================================  =======================
cloud    the file, a JSON object                                     is shown as
=======  ==========================================================  =======================
``s3``   ``access_key_id``, ``secret_access_key``                    access-key
``s3``   the same, and ``session_token``: ends by itself             session-token
``az``   ``account_key``                                             account-key
``az``   ``sas_token``                                               sas-token
``gs``   the key file of a service account as Google gives it        service-account
any      no file: what the machine has (its role, its environment)   ambient
=======  ==========================================================  =======================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import orjson

from strongroom.errors import OperatorError
from strongroom.vault.secret import Secret

AMBIENT = "ambient"
SERVICE_ACCOUNT = "service-account"
CREDENTIALS_LETTERS_MAX = 64 * 1024

_KEYS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "s3": {
        "access-key": frozenset({"access_key_id", "secret_access_key"}),
        "session-token": frozenset({"access_key_id", "secret_access_key", "session_token"}),
    },
    "az": {
        "account-key": frozenset({"account_key"}),
        "sas-token": frozenset({"sas_token"}),
    },
    "gs": {SERVICE_ACCOUNT: frozenset({"client_email", "private_key", "private_key_id"})},
}
_VALUE = re.compile(r"[!-~]+")
_PRIVATE_KEY = "PRIVATE KEY-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a storage in an object store is reached.

    Attributes:
        credentials: What a file of the table above holds; None: ambient.
        ca_pem: The certificate authority of a server of one's own, or an empty string.
    """

    credentials: Secret | None = None
    ca_pem: str = ""

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what was sealed."""
        document = orjson.loads(raw)
        text = document["credentials"]
        return cls(credentials=None if text is None else Secret(text), ca_pem=document["ca_pem"])

    def to_bytes(self) -> bytes:
        """Give what is sealed. A secret."""
        text = None if self.credentials is None else self.credentials.reveal()
        return orjson.dumps({"credentials": text, "ca_pem": self.ca_pem})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a credentials file says.

    Attributes:
        kind: One of the last column above.
        fields: By their names in the file. Secrets.
    """

    kind: str
    fields: Mapping[str, Secret]

    def get(self, name: str) -> str:
        """Hand one out, to the one place that needs it; an empty string if it is not in there."""
        return self.fields[name].reveal() if name in self.fields else ""


def has_access(url: str) -> bool:
    """Say whether a storage at this URL is one that somebody has to be let in to."""
    return _cloud(url) in _KEYS


def checked_access(url: str, access: Access | None) -> Access | None:
    """Take what somebody gave to reach a storage with, or refuse it.

    Raises:
        OperatorError: it is not what a storage there is reached with.
    """
    if has_access(url):
        access = access or Access()
        credentials_of(url, access)
        _check_authority(access.ca_pem)
        return access
    if access is not None and access != Access():
        raise OperatorError(
            "A storage in a directory is reached without credentials.",
            why="Whether it may be read and written is up to the operating system.",
            hint="Leave out --credentials-file and --ca-file.",
        )
    return None


def credentials_of(url: str, access: Access) -> Credentials:
    """Read the credentials for the cloud that a URL names.

    Raises:
        OperatorError: they are not complete, or they are another cloud's.
    """
    if access.credentials is None:
        return Credentials(kind=AMBIENT, fields={})
    cloud = _cloud(url)
    document = _document(access.credentials, cloud)
    if cloud == "gs":
        return _service_account(document)
    for kind, keys in _KEYS[cloud].items():
        if set(document) == keys:
            return Credentials(kind=kind, fields=_plain(document))
    raise _unusable(f"It holds other keys than one of these sets: {_sets(cloud)}.", cloud)


def _cloud(url: str) -> str:
    return url.partition("://")[0]


def _document(credentials: Secret, cloud: str) -> Mapping[str, Any]:
    text = credentials.reveal()
    if len(text) > CREDENTIALS_LETTERS_MAX:
        raise _unusable("It is far too long.", cloud)
    document: Any = None
    with suppress(ValueError):  # an error of orjson's holds the text
        document = orjson.loads(text)
    if not isinstance(document, dict) or not all(isinstance(one, str) for one in document.values()):
        raise _unusable("It is not a JSON object of texts.", cloud)
    return document


def _plain(document: Mapping[str, str]) -> Mapping[str, Secret]:
    for name, value in document.items():
        if not _VALUE.fullmatch(value):
            raise OperatorError(
                "The credentials cannot be used.",
                why=f"'{name}' is empty, or has spaces, line ends or letters that no key has.",
                hint="Copy it once more; it is one line of plain letters.",
            )
    return {name: Secret(value) for name, value in document.items()}


def _service_account(document: Mapping[str, str]) -> Credentials:
    """Take of Google's key file what is needed, and nothing that says where it is sent."""
    keys = _KEYS["gs"][SERVICE_ACCOUNT]
    if document.get("type") != "service_account" or not keys <= set(document):
        raise _unusable("It is not the key of a service account.", "gs")
    if _PRIVATE_KEY not in document["private_key"]:
        raise _unusable("Its private key is none.", "gs")
    return Credentials(
        kind=SERVICE_ACCOUNT, fields={name: Secret(document[name]) for name in sorted(keys)}
    )


def _check_authority(pem: str) -> None:
    if pem and ("-----BEGIN CERTIFICATE-----" not in pem or _PRIVATE_KEY in pem):
        raise OperatorError(
            "The certificate authority cannot be used.",
            why="The file is to hold certificates in PEM, and no private key.",
            hint="Give the certificate of the authority that signed the server's own.",
        )


def _sets(cloud: str) -> str:
    return "; or ".join(", ".join(sorted(keys)) for keys in _KEYS[cloud].values())


def _unusable(why: str, cloud: str) -> OperatorError:
    hint = (
        "Give the JSON key file of a service account as Google gives it."
        if cloud == "gs"
        else f"It is a JSON object with {_sets(cloud)}."
    )
    return OperatorError("The credentials file cannot be used.", why=why, hint=hint)
