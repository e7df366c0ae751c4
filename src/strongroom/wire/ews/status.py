"""What an HTTP status other than success means in front of Exchange, named once.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-troubleshoot-issues-when-using-ews-in-exchange
"""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.errors import (
    AccessDenied,
    ItemError,
    OperatorError,
    OutcomeUnknown,
    ServerUnreachable,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.pace.retry_after import retry_after_s
from strongroom.wire.ews.token_refusals import HEADER, token_refusal
from strongroom.wire.reply import Reply
from strongroom.wire.sign_in.doubt import RefusedForNow
from strongroom.wire.transport import Transport

_URL_HINT = "Check the address: it usually ends with /EWS/Exchange.asmx."


def refusal(  # noqa: PLR0911 - a table of statuses, one return each
    reply: Reply, transport: Transport, clock: Clock, *, is_write: bool
) -> StrongroomError:
    """Make the error of an answer that is neither a success nor a SOAP fault.

    Args:
        reply: The answer; its body is not looked at.
        transport: Where it came from.
        clock: To turn a ``Retry-After`` date into seconds.
        is_write: Statuses that leave it open whether anything was done become ``OutcomeUnknown``.
    """
    host, status = transport.host, reply.status
    match status:
        case 301 | 302 | 303 | 307 | 308:
            return _redirect(reply, host)
        case 401:
            return _not_signed_in(reply, transport)
        case 403:
            return AccessDenied(
                f"{host} does not let {transport.sign_in.user} use Exchange Web Services.",
                why="HTTP 403.",
                hint="Allow EWS for the account (Set-CASMailbox -EwsEnabled) and for this program.",
            )
        case 404 if not _is_over_limit(reply, is_write=is_write):
            return OperatorError(
                f"{host} has no Exchange Web Services at {transport.url}.",
                why="HTTP 404.",
                hint=_URL_HINT,
            )
        case 404 | 413:
            return ItemError(
                f"The request is larger than {host} accepts.",
                code="request-too-large",
                is_permanent=True,
                why=f"HTTP {status}.",
                hint="Raise maxAllowedContentLength and maxReceivedMessageSize of its EWS.",
            )
        case 429 | 503:
            return TransientError(
                f"{host} asks us to go slower.",
                why=f"HTTP {status}.",
                retry_after_s=retry_after_s(reply.header, clock.now()),
                is_throttle=True,
            )
        case 440 | 449:
            return TransientError(f"{host} wants the sign-in again.", why=f"HTTP {status}.")
        case 456 | 457:
            return SignInEnded(
                f"{host} has blocked the account {transport.sign_in.user}.",
                why=f"HTTP {status}.",
                hint="Sign in with a browser once: the password may have to be changed.",
                is_proof_refused=False,
            )
    return _other(reply, host, is_write=is_write)


def _is_over_limit(reply: Reply, *, is_write: bool) -> bool:
    """Say whether a 404 means that the request was too large.

    IIS's request filtering answers 404.13 and keeps the 13 in its log. But where EWS has answered
    on this very connection, only the size of a write can make it unfindable.
    """
    return reply.header("X-IIS-Substatus") == "13" or (is_write and reply.had_success)


def _redirect(reply: Reply, host: str) -> StrongroomError:
    """Tell a redirect; following one would send the credentials to wherever it points."""
    where = reply.header("Location")
    path = where.lower()
    if "genericerrorpage" in path:
        return TransientError(f"{host} is out of order right now.", why="It shows its error page.")
    if "/owa/auth" in path or "logon" in path:
        why = "It asks for a sign-in by web form."
        hint = "Enable Basic, NTLM or Negotiate on the server's EWS virtual directory."
    elif "/internalsite/" in path:
        why = "A reverse proxy in front of it wants a sign-in of its own."
        hint = "Use an address that leads to Exchange directly."
    else:
        why = "It answers with a redirect, and credentials are not sent on to other addresses."
        hint = _URL_HINT
    return OperatorError(
        f"{host} sends us elsewhere (HTTP {reply.status}, to {_host_and_path(where)}).",
        why=why,
        hint=hint,
    )


def _not_signed_in(reply: Reply, transport: Transport) -> StrongroomError:
    """Tell a refused sign-in.

    Seen under load: a server that has let us in on this very connection answers 401 to the next
    request. So that is taken for a hiccup, once; the next 401 counts.
    """
    if reply.had_success:
        return RefusedForNow(
            f"{transport.host} refused a sign-in that it had accepted.",
            why="HTTP 401, seen under load.",
            is_throttle=True,
        )
    refused = token_refusal(reply.header(HEADER))
    if refused is not None:
        # What made the token was not refused, and would make another one like it.
        return SignInEnded(
            f"{transport.host} does not take the token of {transport.sign_in.user}.",
            is_proof_refused=False,
            why=f"{refused.why} (HTTP 401)",
            hint=refused.hint,
        )
    offered = ", ".join(
        sorted({value.split(" ")[0] for value in reply.header_values("WWW-Authenticate") if value})
    )
    return SignInEnded(
        f"{transport.host} refused the sign-in of {transport.sign_in.user}.",
        why=f"HTTP 401; it offers: {offered or 'nothing'}.",
        hint="Check the user name and the password, and that the server allows this way (--auth).",
    )


def _other(reply: Reply, host: str, *, is_write: bool) -> StrongroomError:
    status = reply.status
    front_end = reply.header("X-CasErrorCode")
    if front_end:
        return ServerUnreachable(
            f"The front end of {host} cannot reach the mailbox.", why=front_end[:200]
        )
    if status >= 500:
        # A proxy's 502/504 and ASP.NET's error page both come when the work may be half done.
        kind = OutcomeUnknown if is_write else TransientError
        return kind(f"{host} failed.", why=f"HTTP {status} without an explanation.")
    return OperatorError(f"{host} gave an answer that we do not know.", why=f"HTTP {status}.")


def _host_and_path(url: str) -> str:
    """Cut a redirect's target down to what a person needs; queries may hold tokens."""
    return url.partition("?")[0][:200] or "nowhere"
