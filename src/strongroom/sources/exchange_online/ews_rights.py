"""What EWS lets a signer do, as long as there is EWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from strongroom.errors import AccessDenied, ItemError, OperatorError
from strongroom.sources.exchange_online import steps
from strongroom.sources.exchange_online.denied import OnlineWords
from strongroom.sources.exchange_online.directory import (
    NO_PUBLIC_FOLDERS,
    OnlineDirectory,
    shut_by_ews,
)
from strongroom.sources.exchange_online.outcomes import (
    MISSING,
    NOT_APPLICABLE,
    PROVED,
    UNKNOWN,
    found,
    not_known,
    not_tried,
    said,
)
from strongroom.sources.exchange_online.signer import Signer
from strongroom.sources.exchange_onprem import capabilities, directory
from strongroom.wire.entra.permissions import EWS
from strongroom.wire.ews.faults import RequestDenied, RequestRefused
from strongroom.words.capability import Capability, CapabilityOutcome

NOT_IN_GRAPH = (
    "Microsoft Graph has no public folders. While EWS lasts, a connection with --sign-in browser "
    "and --with-ews reads them, as somebody who may see them."
)

EWS_ACCESS = "ews"
OPENED = "mailbox"
_IN_MAILBOX = (
    capabilities.EXPORT,
    capabilities.UPLOAD,
    capabilities.ARCHIVE,
    capabilities.RECOVERABLE,
)


def ews_rights(signer: Signer, mailbox: str | None) -> list[Capability]:
    """Try EWS itself, then what is done in a mailbox.

    Args:
        signer: Who asks.
        mailbox: Primary address; None: only what needs none.

    Raises:
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    access = ews_access(signer)
    if access.outcome is not PROVED:
        why = "EWS does not let the sign-in in."
        return [access, *not_tried((OPENED, *_IN_MAILBOX), why)]
    if mailbox is None:
        why = "no mailbox was named to try it on."
        return [access, *not_tried((OPENED, *_IN_MAILBOX), why)]
    opened = mailbox_opened(signer, mailbox)
    if opened.outcome is not PROVED:
        why = f"the mailbox {mailbox} could not be opened."
        return [access, opened, *not_tried(_IN_MAILBOX, why)]
    # The first one is whether it can be opened, which was said in this service's own words.
    tried = capabilities.mailbox_capabilities(signer.ews, mailbox)[1:]
    return [access, opened, *(_in_own_words(one, signer) for one in tried)]


def ews_access(signer: Signer) -> Capability:
    """Try whether EWS takes the token, and is switched on."""
    step = steps.grant_step(signer.client_id, EWS, is_person=signer.is_person)
    try:
        shut = shut_by_ews(signer.ews)
    except AccessDenied as error:
        return found(EWS_ACCESS, MISSING, str(error), step)
    except OperatorError as error:
        return found(EWS_ACCESS, UNKNOWN, said(error) or "EWS gave an answer that is not known.")
    if shut is not None:
        return found(EWS_ACCESS, MISSING, str(shut), shut.hint)
    return found(EWS_ACCESS, PROVED, f"EWS is on, and takes the token of {signer.name}.")


def mailbox_opened(signer: Signer, mailbox: str) -> Capability:
    """Try whether a mailbox opens: as its owner, or as the person whose own it is."""
    words = OnlineWords(signer.subject, signer.client_id, is_person=signer.is_person)
    try:
        if signer.is_person:
            OnlineDirectory(signer).check_own(mailbox)
        directory.find_resource(signer.ews, mailbox, words=words)
    except AccessDenied as error:
        return found(OPENED, MISSING, _told(error), error.hint)
    except OperatorError as error:
        outcome = MISSING if signer.is_person else UNKNOWN
        return found(OPENED, outcome, _told(error), error.hint)
    except ItemError as error:
        return not_known(OPENED, error)
    how = "It is the person's own." if signer.is_person else "It acts there as the owner."
    return found(OPENED, PROVED, f"{signer.subject} opened the mailbox {mailbox}. {how}")


def beyond_mailboxes(signer: Signer, *, uses_ews: bool) -> Sequence[Capability]:
    """Say what of the tenant no mailbox holds: public folders, and the mailboxes of groups."""
    return [
        _public_folders(signer, uses_ews=uses_ews),
        found(
            "group-mailboxes",
            NOT_APPLICABLE,
            "Mailboxes of Microsoft 365 groups can be exported by no API: Microsoft Graph offers "
            "it for people's, shared and resource mailboxes only, and EWS ends.",
        ),
    ]


def _public_folders(signer: Signer, *, uses_ews: bool) -> Capability:
    name = capabilities.PUBLIC_FOLDERS
    if not uses_ews and signer.is_person:
        return found(name, NOT_APPLICABLE, NOT_IN_GRAPH)
    if not signer.is_person:
        detail = (
            f"{NO_PUBLIC_FOLDERS} While EWS lasts, a connection with --sign-in browser and "
            "--with-ews reads them, as somebody who may see them."
        )
        return found(name, NOT_APPLICABLE, detail)
    for one in directory.public_folders_if_any(signer.ews):
        if one.excluded is None:
            detail = "They are read by EWS while that lasts; Microsoft Graph has none of them."
            return found(name, PROVED, f"{signer.subject} sees the public folders. {detail}")
        return found(name, NOT_APPLICABLE, f"{signer.subject} sees no public folders.")
    return found(name, UNKNOWN, "Nothing is told of them.")


def _told(error: OperatorError) -> str:
    """Tell an error without the server's own words, of which only the code is shown."""
    cause = error.__cause__
    if isinstance(cause, RequestDenied | RequestRefused):
        return f"{error.what} {said(cause)}"
    return str(error)


def _in_own_words(one: Capability, signer: Signer) -> Capability:
    """Put the step of this service in place of the command of the premises."""
    if one.outcome is not CapabilityOutcome.MISSING:
        return one
    step = steps.grant_step(signer.client_id, EWS, is_person=signer.is_person)
    return replace(one, remedy=step)
