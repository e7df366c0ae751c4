"""What a failed call of an object store means, named by who must act.

obstore gives a sentence with everything in it: the whole URL, which lets somebody in if it is
signed, and the service's own answer. So nothing of it is ever passed on but the status and the
service's own word for what was wrong, and no error of obstore's is the cause of one of ours.

===========================================================  ====================================
what the service said                                        what it means
===========================================================  ====================================
404, and the bucket is there                                 ``NotStored``
what is kept by a policy                                     ``DeleteRefused``
404 for the bucket itself                                    ``OperatorError``
401, 403, a token that has expired, no role to be had        ``AccessDenied``
another region, a clock that is wrong, anything else         ``OperatorError``
no room, a quota that is used up                             ``StorageFull``
429, 5xx, "slow down", silence, a connection that broke      ``TransientError``
nobody at that address, or without proof of its name         ``ServerUnreachable``
===========================================================  ====================================

Source:
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
    https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from obstore.exceptions import InvalidPathError

from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    OperatorError,
    ServerUnreachable,
    StorageFull,
    StrongroomError,
    TransientError,
)
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome
from strongroom.store.backend import DeleteRefused, NotStored
from strongroom.store.pacing import CONNECTION_BROKE, NO_ANSWER_IN_TIME, told_by_answer
from strongroom.store.unproven import NotProven

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>|\"reason\": ?\"([A-Za-z]{1,60})\"")
_BROKEN = re.compile(r"kind: (Connect|Timeout|Request|Interrupted|Decode)\b")
_STRANGER = re.compile(r"invalid peer certificate|InvalidCertificate\(")
_ASKED = re.compile(r"performing ([A-Z]+) ([a-z]+)://[^/\s]+(/[^?\s]*)")
_NO_ROLE = ("/latest/api/token", "/latest/meta-data/", "/metadata/identity/", "/computeMetadata/")
"""Paths under which a machine at Amazon, Azure or Google learns, without TLS, what role it has."""

_POSTED_TO = "/token"
"""End of the paths to which a key is posted to be changed for a token; nothing else is posted."""

_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)

_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"})


class _No(NamedTuple):
    """A no that time does not heal: by the service's word or by its status, and what to do now."""

    codes: frozenset[str]
    statuses: frozenset[int]
    error: type[OperatorError]
    hint: str


_NOES = (
    _No(
        frozenset(
            {
                "QuotaExceeded",
                "XMinioStorageFull",
                "XMinioAdminBucketQuotaExceeded",
                "InsufficientStorage",
                "StorageQuotaExceeded",
                "AccountStorageQuotaExceeded",
            }
        ),
        frozenset({507}),
        StorageFull,
        "The storage is full: raise the quota or free some space, then run again; nothing is lost.",
    ),
    _No(
        frozenset({"RequestTimeTooSkewed", "RequestExpired"}),
        frozenset(),
        OperatorError,
        "Set the clock of this machine right.",
    ),
    _No(
        frozenset(
            {
                "PermanentRedirect",
                "AuthorizationHeaderMalformed",
                "IllegalLocationConstraintException",
            }
        ),
        frozenset({301, 307, 308}),
        OperatorError,
        "The bucket is in another region: give the right one in the URL.",
    ),
    _No(
        frozenset(
            {
                "ExpiredToken",
                "InvalidToken",
                "TokenRefreshRequired",
                "InvalidAccessKeyId",
                "SignatureDoesNotMatch",
                "AuthenticationFailed",
            }
        ),
        frozenset({401, 403}),
        AccessDenied,
        "Look whether the storage's credentials are still valid and may list, read, write and "
        "delete in this bucket.",
    ),
    _No(
        frozenset(),
        frozenset({501}),
        OperatorError,
        "This object store cannot do what a storage needs, such as refusing to write over what is "
        "there. Use another one.",
    ),
    _No(
        frozenset({"BlobImmutableDueToPolicy", "RetentionPolicyNotMet", "ObjectUnderActiveHold"}),
        frozenset(),
        DeleteRefused,
        "The object store keeps it for as long as it was told to; prune again after that.",
    ),
    _No(
        _NO_BUCKET,
        frozenset(),
        OperatorError,
        "The bucket is not there: look at its name in the URL, or make it.",
    ),
)


def meaning(error: Exception, name: str, done: str) -> StrongroomError:
    """Say what an error of obstore's means.

    Args:
        error: As it was raised.
        name: What it was about.
        done: What was to be done with it: ``stored``, ``read`` and so on.
    """
    if isinstance(error, InvalidPathError):
        return _strange_name()
    text = str(error)
    status, code = _status(text), _code(text)
    what = f"{name} could not be {done} in the storage."
    denial = _denial(text, status, what)
    if denial is not None:
        return denial
    if status is None:
        return _without_answer(error, name, what)
    why = f"The object store answered {status} {code}".rstrip() + "."
    refusal = _refusal(status, code, name, what, why)
    if refusal is not None:
        return refusal
    told = told_by_answer(status, code, lambda _: "", _NO_DATE)
    if told.outcome is Outcome.OK:
        return OperatorError(
            what, why=why, hint="Look up in the manual of the object store what that means."
        )
    return _busy(what, why, told=told)


def _status(text: str) -> int | None:
    found = _STATUS.search(text)
    return int(found[1]) if found else None


def _code(text: str) -> str:
    found = _CODE.search(text)
    return (found[1] or found[2]) if found else ""


def _refusal(status: int, code: str, name: str, what: str, why: str) -> StrongroomError | None:
    # The service's word is more exact than its status.
    no = next((no for no in _NOES if code in no.codes), None)
    no = no or next((no for no in _NOES if status in no.statuses), None)
    if no is not None:
        return no.error(what, why=why, hint=no.hint)
    if status == 404:
        return _not_stored(name)
    if code == "OperationAborted":
        return _busy(what, why)
    return ends_early(name) if status == 416 else None


def _without_answer(error: Exception, name: str, what: str) -> StrongroomError:
    """Say what it means that the service gave no answer at all, or that memory is the service."""
    text = str(error)
    if isinstance(error, FileNotFoundError):
        return _not_stored(name)
    if "Wanted range starting at" in text:
        return ends_early(name)
    if "BareRedirect" in text:
        return OperatorError(
            what,
            why="The object store says that it is another one that must be asked.",
            hint="The bucket is in another region: give the right one in the URL.",
        )
    kind = _BROKEN.search(text)
    return _lost(kind[1] if kind else "", what, is_untrusted=bool(_STRANGER.search(text)))


def _denial(text: str, status: int | None, what: str) -> AccessDenied | None:
    """Say that those did not let us in who are asked before the object store itself."""
    asked = _ASKED.search(text)
    if not asked or (status is not None and (status >= 500 or status == 429)):
        return None
    verb, scheme, path = asked.groups()
    if scheme == "http" and path.startswith(_NO_ROLE):
        return AccessDenied(
            what,
            why="This machine has no role of its own in the cloud that could be used.",
            hint="Give the storage credentials, or the machine a role that may use the bucket.",
        )
    if verb == "POST" and path.endswith(_POSTED_TO) and status is not None:
        return AccessDenied(
            what,
            why="The cloud gave us no token for what the storage is opened with.",
            hint="Look whether the storage's credentials are still valid.",
        )
    return None


def _lost(kind: str, what: str, *, is_untrusted: bool) -> StrongroomError:
    if is_untrusted:
        return NotProven(
            what,
            why="Who answers cannot prove its name by TLS.",
            hint="Look at the endpoint's name; if it has an authority of its own, give its "
            "certificate.",
        )
    if kind == "Connect":
        return ServerUnreachable(
            what,
            why="Nobody answers at the object store's address, or not by TLS.",
            hint="Look at the endpoint in the URL, and at the network.",
        )
    if kind == "Timeout":
        return _busy(what, "The object store did not answer in time.", told=NO_ANSWER_IN_TIME)
    if kind:
        return _busy(what, "The connection to the object store broke.", told=CONNECTION_BROKE)
    return OperatorError(
        what,
        why="The object store could not be asked.",
        hint="Look whether the storage's URL and its credentials are whole.",
    )


def _not_stored(name: str) -> NotStored:
    return NotStored(
        f"{name} is not in the storage.", hint="Put it back from a copy of the storage."
    )


def ends_early(name: str) -> IntegrityError:
    """Say that fewer bytes are there than were asked for."""
    return IntegrityError(
        f"{name} ends early: more bytes were asked for than are there.",
        hint="Put it back from a copy of the storage.",
    )


def _strange_name() -> OperatorError:
    return OperatorError(
        "The storage cannot be listed.",
        why="It holds an object that somebody else made and whose name is no path: with // or .. "
        "in it.",
        hint="Remove that object from the bucket, or give the storage a folder of its own.",
    )


def _busy(what: str, why: str, *, told: Told = CONNECTION_BROKE) -> TransientError:
    return TransientError(
        what,
        why=why,
        hint="Run again later; what was stored before is intact.",
        is_throttle=told.outcome is Outcome.THROTTLED,
    )
