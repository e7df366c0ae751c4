"""EWS's error codes with the texts that go with them, and how a refusal is written."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.lab.exchange.xml import ERRORS, SOAP, TYPES, escape

# Codes after which the server does not go on with the other items of a batch.
# Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
BATCH_STOPPING = frozenset(
    {
        "ErrorAccessDenied",
        "ErrorAccountDisabled",
        "ErrorADUnavailable",
        "ErrorADOperation",
        "ErrorConnectionFailed",
        "ErrorMailboxStoreUnavailable",
        "ErrorMailboxMoveInProgress",
        "ErrorPasswordChangeRequired",
        "ErrorPasswordExpired",
        "ErrorQuotaExceeded",
        "ErrorInsufficientResources",
    }
)

TEXTS = {
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorArchiveMailboxNotEnabled": "The archive mailbox is not enabled for this mailbox.",
    "ErrorBatchProcessingStopped": "Processing of the batch was stopped.",
    "ErrorCannotDeleteObject": "The object could not be deleted.",
    "ErrorCannotUseFolderIdForItemId": "Id is for a folder and cannot be used for an item.",
    "ErrorCannotUseItemIdForFolderId": "Id is for an item and cannot be used for a folder.",
    "ErrorCreateItemAccessDenied": "No permission to create items in this folder.",
    "ErrorCreateSubfolderAccessDenied": "No permission to create folders in this folder.",
    "ErrorDeleteDistinguishedFolder": "Distinguished folders cannot be deleted.",
    "ErrorExceededConnectionCount": "You have exceeded the available concurrent connections for"
    " your account.  Try again once your other requests have completed.",
    "ErrorFolderExists": "A folder with the specified name already exists.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorImpersonateUserDenied": "The account does not have permission to impersonate the"
    " requested user.",
    "ErrorInternalServerError": "An internal server error occurred. The operation failed.",
    "ErrorInternalServerTransientError": "An internal server error occurred. Try again later.",
    "ErrorInvalidChangeKey": "The change key is invalid.",
    "ErrorInvalidExtendedProperty": "The extended property is not valid.",
    "ErrorInvalidExtendedPropertyValue": "The value of the extended property does not fit it.",
    "ErrorInvalidId": "Id is invalid.",
    "ErrorInvalidIdEmpty": "Id must be non-empty.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidOperation": "The operation is not supported here.",
    "ErrorInvalidServerVersion": "The specified server version is invalid.",
    "ErrorInvalidRequest": "The request is invalid.",
    "ErrorIrresolvableConflict": "The send or update operation could not be performed because the"
    " change key passed in the request does not match the current change key for the item.",
    "ErrorItemCorrupt": "The item is corrupt.",
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorMailboxStoreUnavailable": "The mailbox database is temporarily unavailable.",
    "ErrorMessageDispositionRequired": "The MessageDisposition attribute is required.",
    "ErrorMessageSizeExceeded": "The message exceeds the maximum supported size.",
    "ErrorMissingEmailAddress": "When making a request as an account that does not have a mailbox,"
    " you must specify the mailbox primary SMTP address for any distinguished folder Ids.",
    "ErrorMoveCopyFailed": "The move or copy operation failed.",
    "ErrorNameResolutionMultipleResults": "Multiple results were found.",
    "ErrorNameResolutionNoResults": "No results were found.",
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "ErrorQuotaExceeded": "The mailbox quota was exceeded.",
    "ErrorSendMeetingInvitationsRequired": "SendMeetingInvitations attribute is required for"
    " calendar items.",
    "ErrorSendMeetingCancellationsRequired": "SendMeetingCancellations attribute is required for"
    " calendar items.",
    "ErrorSendMeetingInvitationsOrCancellationsRequired": "SendMeetingInvitationsOrCancellations"
    " attribute is required for calendar items.",
    "ErrorServerBusy": "The server cannot service this request right now. Try again later.",
    "ErrorStaleObject": "The object changed since it was read.",
    "ErrorSyncFolderNotFound": "The folder to be synchronized could not be found.",
    "ErrorTimeoutExpired": "The operation did not finish in the time that is given to it.",
    "ErrorUnsupportedMimeConversion": "MIME conversion is not supported for this item type.",
}


class EwsError(Exception):
    """The answer to one item, or to the whole request, is no.

    Attributes:
        code: A value of the schema's ``ResponseCodeType``.
        text: For people.
        values: What ``MessageXml`` carries.
    """

    def __init__(
        self, code: str, text: str = "", *, values: Mapping[str, str] | None = None
    ) -> None:
        self.code = code
        self.text = text or TEXTS.get(code, code)
        self.values = dict(values or {})
        super().__init__(f"{code}: {self.text}")


class SoapFault(EwsError):
    """The whole request is refused, with a SOAP fault.

    Attributes:
        status: HTTP status of the answer.
    """

    def __init__(
        self,
        code: str,
        text: str = "",
        *,
        values: Mapping[str, str] | None = None,
        status: int = 500,
    ) -> None:
        super().__init__(code, text, values=values)
        self.status = status


def value_list(values: Mapping[str, str]) -> str:
    """Write what a ``MessageXml`` element holds."""
    return "".join(
        f'<t:Value Name="{escape(name)}">{escape(value)}</t:Value>'
        for name, value in values.items()
    )


def fault_document(fault: EwsError) -> str:
    """Write the whole SOAP document of a fault."""
    more = ""
    if fault.values:
        more = f'<t:MessageXml xmlns:t="{TYPES}">{value_list(fault.values)}</t:MessageXml>'
    text = escape(fault.text)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{TYPES}">a:{fault.code}</faultcode>'
        f'<faultstring xml:lang="en-US">{text}</faultstring><detail>'
        f'<e:ResponseCode xmlns:e="{ERRORS}">{fault.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{text}</e:Message>{more}'
        "</detail></s:Fault></s:Body></s:Envelope>"
    )
