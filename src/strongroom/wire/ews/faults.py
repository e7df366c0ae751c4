"""What Exchange's error codes mean for us: the one table, and the values and errors made from it.

An error of one item becomes a value (``EwsItemError``) among the results. An error of the whole
request is raised, in the branch that says who must act.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from strongroom.errors import (
    AccessDenied,
    CursorExpired,
    ItemError,
    OperatorError,
    OutcomeUnknown,
    StrongroomError,
    TransientError,
)
from strongroom.pace.patience import TooMuchAtOnce


class Meaning(Enum):
    """What a code asks of us."""

    BUSY = auto()
    """Not done; wait as long as told, with everything that goes to this server."""
    TOO_MUCH = auto()
    """Ask for less at once."""
    TRANSIENT = auto()
    """Infrastructure; time heals it. A write may have happened."""
    STOPPED = auto()
    """Not looked at, because an item before it stopped the batch: ask again."""
    GONE = auto()
    """The item is not there (any more)."""
    NO_FOLDER = auto()
    """The folder is not there (any more)."""
    CURSOR = auto()
    """The sync state is not taken."""
    CONFLICT = auto()
    """The change key is stale: read it again."""
    DENIED = auto()
    """A right or a role is missing."""
    NO_MAILBOX = auto()
    """There is no such mailbox here, or none that can be used."""
    NO_ARCHIVE = auto()
    """The mailbox has no archive."""
    TOO_LARGE = auto()
    """The item passes a limit of the server."""
    FULL = auto()
    """The target mailbox takes nothing more."""
    CORRUPT = auto()
    """The server cannot give the item this way."""
    EXISTS = auto()
    """A folder of that name is there already."""
    VERSION = auto()
    """The server does not speak the version that we asked in."""
    REFUSED = auto()
    """The request itself is not accepted here."""
    UNKNOWN = auto()
    """A code that we have no story for."""


_BY_MEANING: dict[Meaning, str] = {
    Meaning.BUSY: "ErrorServerBusy ErrorExceededConnectionCount ErrorExceededSubscriptionCount",
    Meaning.TOO_MUCH: "ErrorTimeoutExpired ErrorExceededFindCountLimit ErrorBatchSizeExceeded",
    Meaning.TRANSIENT: (
        "ErrorInternalServerTransientError ErrorInternalServerError ErrorMailboxStoreUnavailable"
        " ErrorMailboxMoveInProgress ErrorMailboxFailover ErrorConnectionFailed ErrorADUnavailable"
        " ErrorADOperation ErrorInsufficientResources ErrorTooManyObjectsOpened"
        " ErrorNoRespondingCASInDestinationSite ErrorClientDisconnected ErrorCrossSiteRequest"
        " ErrorProxyServiceDiscoveryFailed ErrorProxyCallFailed"
        " ErrorArchiveMailboxServiceDiscoveryFailed ErrorContentIndexingNotEnabled"
    ),
    Meaning.STOPPED: "ErrorBatchProcessingStopped",
    Meaning.GONE: "ErrorItemNotFound ErrorAttachmentNotFound ErrorInvalidAttachmentId",
    Meaning.NO_FOLDER: (
        "ErrorFolderNotFound ErrorSyncFolderNotFound ErrorParentFolderNotFound"
        " ErrorManagedFolderNotFound"
    ),
    Meaning.CURSOR: "ErrorInvalidSyncStateData",
    Meaning.CONFLICT: (
        "ErrorIrresolvableConflict ErrorStaleObject ErrorChangeKeyRequiredForWriteOperations"
        " ErrorChangeKeyRequired"
    ),
    Meaning.DENIED: (
        "ErrorAccessDenied ErrorCreateItemAccessDenied ErrorCreateSubfolderAccessDenied"
        " ErrorImpersonateUserDenied ErrorImpersonationDenied ErrorImpersonationFailed"
        " ErrorCannotAccessMailbox ErrorNotDelegate ErrorCannotEmptyFolder"
    ),
    Meaning.NO_MAILBOX: (
        "ErrorNonExistentMailbox ErrorMailboxConfiguration ErrorAccountDisabled"
        " ErrorPasswordExpired ErrorPasswordChangeRequired ErrorMissingEmailAddress"
        " ErrorInvalidExchangeImpersonationHeaderData ErrorInvalidSmtpAddress"
    ),
    Meaning.NO_ARCHIVE: "ErrorArchiveMailboxNotEnabled ErrorArchiveFolderPathCreation",
    Meaning.TOO_LARGE: (
        "ErrorMessageSizeExceeded ErrorDataSizeLimitExceeded ErrorAttachmentSizeLimitExceeded"
        " ErrorRequestStreamTooBig"
    ),
    Meaning.FULL: "ErrorQuotaExceeded",
    Meaning.CORRUPT: (
        "ErrorCorruptData ErrorItemCorrupt ErrorFolderCorrupt ErrorMimeContentConversionFailed"
        " ErrorContentConversionFailed ErrorMimeContentInvalid ErrorMimeContentInvalidBase64String"
        " ErrorUnsupportedMimeConversion ErrorCalendarIsNotLoaded ErrorPropertyNotSupported"
    ),
    Meaning.EXISTS: "ErrorFolderExists",
    Meaning.VERSION: (
        "ErrorInvalidServerVersion ErrorInvalidSchemaVersionForMailboxVersion"
        " ErrorIncorrectSchemaVersion"
    ),
    Meaning.REFUSED: (
        "ErrorSchemaValidation ErrorInvalidRequest ErrorInvalidOperation ErrorInvalidIdMalformed"
        " ErrorInvalidId ErrorInvalidIdEmpty ErrorInvalidChangeKey ErrorCannotDeleteObject"
        " ErrorDeleteDistinguishedFolder ErrorInvalidPropertySet ErrorInvalidExtendedProperty"
        " ErrorMessageDispositionRequired ErrorUnsupportedTypeForConversion ErrorNotSupported"
        " ErrorMethodNotSupported ErrorCrossMailboxMoveCopy ErrorCannotUseFolderIdForItemId"
    ),
}
_MEANINGS = {code: meaning for meaning, codes in _BY_MEANING.items() for code in codes.split()}

# Asking again for the same item, in this run or a later one, ends the same way.
_PERMANENT = frozenset({Meaning.CORRUPT, Meaning.TOO_LARGE, Meaning.REFUSED, Meaning.EXISTS})
_OWN_FAULT = frozenset(
    {"ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorTimeoutExpired"}
)
_RETRIED = frozenset({Meaning.BUSY, Meaning.TOO_MUCH, Meaning.TRANSIENT, Meaning.STOPPED})


def meaning_of(code: str) -> Meaning:
    """Look a response code up; ids that are bad in any way are one family."""
    if code.startswith("ErrorInvalidId"):
        return Meaning.REFUSED
    return _MEANINGS.get(code, Meaning.UNKNOWN)


class RequestRefused(OperatorError):
    """The server does not do what was asked at all.

    Attributes:
        code: The server's code (``ErrorInvalidRequest``), to find out what a server offers.
    """

    def __init__(self, what: str, *, code: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.code = code


class RequestDenied(AccessDenied):
    """A right or a role is missing for what was asked.

    Attributes:
        code: The server's code (``ErrorImpersonateUserDenied``).
    """

    def __init__(self, what: str, *, code: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsItemError:
    """The server's no to one item or folder of a request, as a value among the results.

    Attributes:
        code: The server's code, or ours in kebab case (``truncated``).
        text: The server's words. Untrusted.
        retry_after_s: Its order to wait, in seconds, or None.
        details: The named values of ``MessageXml``.
        meaning: What it asks of us.
    """

    code: str
    text: str = ""
    retry_after_s: float | None = None
    details: tuple[tuple[str, str], ...] = ()
    meaning: Meaning = Meaning.UNKNOWN

    @property
    def is_gone(self) -> bool:
        """It is not on the server any more (or never was)."""
        return self.meaning in {Meaning.GONE, Meaning.NO_FOLDER}

    @property
    def is_transient(self) -> bool:
        """Time or a smaller batch may heal it: ask again."""
        return self.meaning in _RETRIED

    @property
    def may_be_its_own_fault(self) -> bool:
        """Called transient, but said just as well of an item that the server can never give."""
        return self.code in _OWN_FAULT

    @property
    def is_stopped(self) -> bool:
        """Not looked at, because an earlier item stopped the batch: put it back in the queue."""
        return self.meaning is Meaning.STOPPED

    @property
    def is_throttle(self) -> bool:
        """The server asks for less."""
        return self.meaning is Meaning.BUSY

    @property
    def is_permanent(self) -> bool:
        """Known and lasting: trying again ends the same way."""
        return self.meaning in _PERMANENT

    @property
    def may_have_happened(self) -> bool:
        """For a write: it is not certain that nothing was written; look before trying again."""
        return self.meaning in {Meaning.TRANSIENT, Meaning.TOO_MUCH}

    def as_error(self, *, is_write: bool = False) -> StrongroomError:
        """Give the error to raise where this stands for a whole request.

        Args:
            is_write: Where it is not certain that nothing happened, say so.
        """
        if is_write and self.may_have_happened:
            return OutcomeUnknown(
                "The server failed in the middle of something that was to be written.", why=self.why
            )
        if self.is_transient:
            kind = TooMuchAtOnce if self.meaning is Meaning.TOO_MUCH else TransientError
            return kind(
                "The server cannot do it right now.",
                why=self.why,
                retry_after_s=self.retry_after_s,
                is_throttle=self.is_throttle,
            )
        return self._lasting_error()

    @property
    def why(self) -> str:
        """The server's words with the code, for a person."""
        return f"{self.text} ({self.code})" if self.text else f"The server says {self.code}."

    def _lasting_error(self) -> StrongroomError:
        match self.meaning:
            case Meaning.CURSOR:
                return CursorExpired("The server does not know the place we stopped at any more.")
            case Meaning.DENIED:
                return RequestDenied(
                    "The account may not do this.",
                    code=self.code,
                    why=self.why,
                    hint=_DENIED_HINTS.get(self.code, _DENIED_HINT),
                )
            case Meaning.NO_MAILBOX | Meaning.NO_ARCHIVE | Meaning.FULL:
                what, hint = _MAILBOX_STORIES[self.meaning]
                return RequestRefused(what, code=self.code, why=self.why, hint=hint)
            case Meaning.VERSION | Meaning.REFUSED:
                return RequestRefused(
                    "The server does not accept the request.", code=self.code, why=self.why
                )
            case _:
                return ItemError(
                    "The server could not do it.",
                    code=self.code,
                    is_permanent=self.is_permanent,
                    why=self.why,
                )


_DENIED_HINT = "Give the account of this connection the right to this mailbox."
_IMPERSONATION_HINT = (
    "Give the account the ApplicationImpersonation role for this mailbox, or use the connection"
    " with --access delegate."
)
_DENIED_HINTS = {
    "ErrorImpersonateUserDenied": _IMPERSONATION_HINT,
    "ErrorImpersonationDenied": _IMPERSONATION_HINT,
    "ErrorImpersonationFailed": _IMPERSONATION_HINT,
}
_MAILBOX_STORIES = {
    Meaning.NO_MAILBOX: (
        "The mailbox cannot be opened on this server.",
        "Check the address; a mailbox may also live on another server or in the cloud.",
    ),
    Meaning.NO_ARCHIVE: ("The mailbox has no archive.", ""),
    Meaning.FULL: (
        "The mailbox is full.",
        "Raise the quota of the target mailbox, then start again.",
    ),
}
