"""Where a storage is to lie and what lets us in, one question after the other.

Which question is asked follows from the answers before it, so that going back and answering
otherwise needs no other rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.errors import OperatorError
from strongroom.service.shared import checked_name
from strongroom.service.storage_access import AMBIENT, Access, checked_access
from strongroom.service.storage_wizard import asking
from strongroom.service.storage_wizard.asking import Answers, Asked
from strongroom.service.wizard.words import Raw, Upload
from strongroom.vault.secret import Secret

DIRECTORY, AMAZON, OWN, AZURE, GOOGLE = "directory", "amazon", "own", "azure", "google"
BEGIN_ANEW = "anew"

_PLACES = (
    (DIRECTORY, "a directory of this machine, or one that it has mounted"),
    (AMAZON, "Amazon S3"),
    (OWN, "a server of your own, or of somebody else, that speaks like S3 (MinIO, Ceph, ...)"),
    (AZURE, "Azure Blob Storage"),
    (GOOGLE, "Google Cloud Storage"),
)
_CLOUDS = {AMAZON: "s3", OWN: "s3", AZURE: "az", GOOGLE: "gs"}
_KEY, _SIGNATURE, _FILE = "key", "signature", "file"
_PROOFS: Mapping[str, Sequence[tuple[str, str]]] = {
    "s3": ((_KEY, "by an access key"),),
    "az": ((_SIGNATURE, "by a shared access signature"), (_KEY, "by the account's key")),
    "gs": ((_FILE, "by the key file of a service account"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the questions are checked with.

    Attributes:
        taken: Names that storages have.
        normal_url: Writes a URL in the one form that is kept, or refuses it.
    """

    taken: frozenset[str]
    normal_url: Callable[[str], str]


def questions(known: Known) -> Sequence[Asked]:
    """Give all questions, in the order in which they are asked."""
    return (
        asking.line(
            "name",
            "What is the storage to be called?",
            "A short name that you will type in commands, such as vault. Letters, digits, and "
            ". _ @ + - inside.",
            lambda _, line: _free_name(known, line),
        ),
        asking.choice(
            "where",
            "Where are backups to lie?",
            "Choose a directory for a disk or a share; a bucket for what a cloud or a server of "
            "objects keeps. The bucket must be there already.",
            lambda _: _PLACES,
        ),
        asking.line(
            "directory",
            "Which directory?",
            "Its whole path, beginning at the root. It is made if it is not there, and must be "
            "empty if it is, or hold a storage that you want to adopt.",
            lambda _, line: _whole_path(known, line),
            is_asked=_is(DIRECTORY),
        ),
        asking.line(
            "endpoint",
            "Address of the server?",
            "It looks like https://minio.example.com:9000.",
            lambda _, line: _fits(known, f"s3://bucket/x?endpoint={line}", line),
            is_asked=_is(OWN),
        ),
        asking.line(
            "account",
            "Name of the storage account?",
            "Azure shows it above everything in the account: 3 to 24 small letters and digits.",
            lambda _, line: _fits(known, f"az://container/x?account={line}", line),
            is_asked=_is(AZURE),
        ),
        asking.line(
            "bucket",
            "Name of the bucket?",
            "The bucket (Azure says container) that is there for backups. Strongroom makes none.",
            lambda answers, line: _fits(known, _url({**answers, "bucket": line}), line),
            is_asked=_is_bucket,
        ),
        asking.line(
            "region",
            "In which region is the bucket?",
            "The console of Amazon S3 shows it beside the bucket's name: eu-central-1, say.",
            lambda answers, line: _fits(known, _url({**answers, "region": line}), line),
            is_asked=_is(AMAZON),
        ),
        asking.line(
            "folder",
            "Which folder of the bucket?",
            "Several storages can lie in one bucket, each in a folder of its own. It comes into "
            "being with the first file.",
            lambda answers, line: _fits(known, _url({**answers, "folder": line}), line),
            default="strongroom",
            is_asked=_is_bucket,
        ),
        asking.choice(
            "authority",
            "Who vouches for the server's certificate?",
            "A server of your own may have a certificate that your own organisation signed. Then "
            "give the certificate of that authority.",
            lambda _: (("public", "one that this machine trusts"), ("own", "one of our own")),
            is_asked=lambda answers: (
                _is(OWN)(answers) and str(answers.get("endpoint", "")).startswith("https:")
            ),
        ),
        asking.file(
            "ca",
            "File with the certificate of that authority?",
            "A file in PEM; it begins with -----BEGIN CERTIFICATE-----.",
            is_asked=lambda answers: answers.get("authority") == "own",
        ),
        asking.choice(
            "proof",
            "How are we let in?",
            "What you give is sealed, and only ever used for this storage. What the machine has is "
            "the role that its cloud gave it, or the environment of the service.",
            lambda answers: (
                *_PROOFS[_CLOUDS[str(answers["where"])]],
                (AMBIENT, "by what this machine has: its role, or the service's environment"),
            ),
            is_asked=_is_bucket,
        ),
        asking.line(
            "key_id",
            "Id of the access key?",
            "The half of the key that is no secret; Amazon's begin with AKIA.",
            lambda _, line: line,
            is_asked=lambda answers: _is_key_of(answers, "s3"),
        ),
        asking.secret(
            "key",
            "The key itself?",
            "The secret half of the access key, or the key of the storage account.",
            is_asked=lambda answers: answers.get("proof") == _KEY,
        ),
        asking.secret(
            "signature",
            "The shared access signature?",
            "It begins with sv= and has sig= in it. It needs the rights to read, create, write, "
            "list and delete in the container.",
            is_asked=lambda answers: answers.get("proof") == _SIGNATURE,
        ),
        asking.file(
            "key_file",
            "File with the key of the service account?",
            "The JSON file that Google gives once, when a key of a service account is made.",
            is_asked=lambda answers: answers.get("proof") == _FILE,
        ),
        asking.secret(
            "password",
            "Password of the storage?",
            "It opens everything in the storage, also with plain restic and without Strongroom. A "
            "storage that is there already is adopted with the password that it has.",
            is_new=True,
        ),
        asking.choice(
            "make",
            "Try the place, and make the storage there?",
            "A few files are written there, read, listed and deleted again. If the place keeps all "
            "that a storage has to be sure of, the storage is made.",
            lambda _: (("yes", "yes"), (BEGIN_ANEW, "no, back to the first question")),
            default="yes",
        ),
    )


def url_of(answers: Answers) -> str:
    """Say where the storage is to lie."""
    if answers["where"] == DIRECTORY:
        return str(answers["directory"])
    return _url(answers)


def access_of(answers: Answers) -> Access | None:
    """Say with what it is reached.

    Raises:
        OperatorError: it cannot be used.
    """
    if answers["where"] == DIRECTORY:
        return None
    authority = answers.get("ca") if answers.get("authority") == "own" else None
    access = Access(
        credentials=_credentials(answers),
        ca_pem=_content(authority) if isinstance(authority, Upload) else "",
    )
    return checked_access(_url(answers), access)


def _credentials(answers: Answers) -> Secret | None:
    proof, file = answers["proof"], answers.get("key_file")
    if proof == AMBIENT:
        return None
    if proof == _FILE and isinstance(file, Upload):
        return Secret(_content(file))
    if proof == _SIGNATURE:
        fields = {"sas_token": _revealed(answers["signature"])}
    elif _CLOUDS[str(answers["where"])] == "az":
        fields = {"account_key": _revealed(answers["key"])}
    else:
        fields = {
            "access_key_id": str(answers["key_id"]),
            "secret_access_key": _revealed(answers["key"]),
        }
    return Secret(json.dumps(fields))


def _url(answers: Answers) -> str:
    """Write the URL, with what is not known yet made up."""
    given = {name: value for name, value in answers.items() if isinstance(value, str)}
    cloud = _CLOUDS[given["where"]]
    bucket, folder = given.get("bucket", "bucket"), given.get("folder", "x")
    query = {
        AMAZON: f"?region={given.get('region', 'eu-central-1')}",
        OWN: f"?endpoint={given.get('endpoint', 'https://host')}",
        AZURE: f"?account={given.get('account', 'account')}",
        GOOGLE: "",
    }[given["where"]]
    return f"{cloud}://{bucket}/{folder}{query}"


def _free_name(known: Known, line: str) -> str:
    name = checked_name("storage", line)
    if name in known.taken:
        raise OperatorError(
            f"There is a storage named '{name}' already.", hint="Choose another name."
        )
    return name


def _whole_path(known: Known, line: str) -> str:
    if not line.startswith("/") and line[1:2] != ":":
        raise OperatorError("This is not a whole path.", hint="It looks like /srv/backup.")
    known.normal_url(line)
    return line


def _fits(known: Known, url: str, line: str) -> str:
    """Take a part of a URL, if the URL can be used with it."""
    if not line or set(line) & set("?#&% "):
        raise OperatorError(
            "This cannot be a part of where a storage lies.",
            hint="It has neither blanks nor ? # & %, and is not empty.",
        )
    known.normal_url(url)
    return line


def _is(*places: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("where") in places


def _is_bucket(answers: Answers) -> bool:
    return answers.get("where") in _CLOUDS


def _is_key_of(answers: Answers, cloud: str) -> bool:
    return answers.get("proof") == _KEY and _CLOUDS[str(answers["where"])] == cloud


def _revealed(raw: Raw) -> str:
    assert isinstance(raw, Secret)
    return raw.reveal()


def _content(file: Upload) -> str:
    return file.content.decode("utf-8", "replace")
