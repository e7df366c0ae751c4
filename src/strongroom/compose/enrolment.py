"""People sign in to Microsoft's cloud: for a connection of their own, or as an administrator."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from strongroom.clock import Clock
from strongroom.compose.cloud_sign_ins import place_of
from strongroom.errors import OperatorError, ServerUnreachable, TransientError
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.ports import Prompt, SignedIn, SignInPrompt, Sitting
from strongroom.service.registration import BROWSER, DEVICE_CODE
from strongroom.vault.secret import Secret
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.entra.person import Account, DeviceCode, Person
from strongroom.wire.entra.place import Place
from strongroom.wire.entra.stories import NotAdmitted
from strongroom.wire.entra.tokens import Tokens, claims_of
from strongroom.wire.origins import Origin

COMMAND_LINE_TOOLS = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
"""Microsoft's own public client, known in every tenant, that administrators sign in through."""

THROUGH = f"Microsoft Graph Command Line Tools ({COMMAND_LINE_TOOLS})"

_MANY_TENANTS = frozenset({"common", "organizations", "consumers"})
_WAIT_S = 600.0


def sign_in_person(details: ConnectionDetails, prompt: Prompt, clock: Clock) -> SignedIn:
    """Sign a person in for a connection of their own, second factor and all.

    Args:
        details: Which tenant, which application, and how: by browser or by device code.
        prompt: Shows the person where to sign in.
        clock: Time.

    Raises:
        StrongroomError: in plain words, why nobody is signed in.
    """
    kept: list[str] = []
    place = one_tenant(details, clock)
    person = Person(place, details.client_id, cache=None, keep=kept.append)
    scopes = _scopes(details)
    account = signed_in(person, details.auth, scopes, prompt)
    _require_tenant(details, account)
    claims = _claims_wanted(place, details, person.tokens(scopes))
    if claims:
        # The usual sign-in does not satisfy the service: without this it would ask for more in the
        # middle of a run, and a person who then signs in as usual would be asked again and again.
        before = account
        account = signed_in(person, details.auth, scopes, prompt, claims=claims)
        _require_same(before, account)
    return SignedIn(token_cache=Secret(kept[-1]), user=account.name, owner=account.owner_id.lower())


@contextmanager
def administrator(
    place: Place, scopes: Sequence[str], way: str, prompt: Prompt
) -> Iterator[tuple[Account, Callable[[], str]]]:
    """Sign an administrator in for as long as the block lasts; then their tokens are forgotten.

    Nothing of them is ever written anywhere: they live in this block's memory.

    Args:
        place: The tenant.
        scopes: What is asked for, each whole, of one resource.
        way: ``browser`` or ``device-code``.
        prompt: Shows them where to sign in.

    Yields:
        Who it is, and what gives their token as long as the block lasts.

    Raises:
        OperatorError: nobody signed in; the hint offers the way without signing in here.
    """
    person = Person(place, COMMAND_LINE_TOOLS, cache=None, keep=_keep_nothing)
    try:
        account = signed_in(person, way, scopes, prompt)
    except OperatorError as error:
        raise _not_here(error) from error
    held = [person.tokens(scopes)]

    def token() -> str:
        if not held:
            raise OperatorError("The administrator's sign-in is over.")
        return held[0].token()

    try:
        yield account, token
    finally:
        held.clear()
        person.forget()


def signed_in(
    person: Person, way: str, scopes: Sequence[str], prompt: Prompt, *, claims: str | None = None
) -> Account:
    """Let somebody sign in, and wait until they have, or have left.

    Raises:
        Interrupted: they have left.
        StrongroomError: in plain words, why nobody is signed in.
    """

    def show_page(url: str) -> None:
        prompt(SignInPrompt(way=BROWSER, url=url, code="", lasts_s=_WAIT_S))

    def show_code(code: DeviceCode) -> None:
        prompt(SignInPrompt(way=DEVICE_CODE, url=code.url, code=code.code, lasts_s=code.lasts_s))

    is_over = prompt.is_over if isinstance(prompt, Sitting) else _never
    if way == DEVICE_CODE:
        return person.sign_in_by_device_code(scopes, show_code, claims=claims, is_cancelled=is_over)
    return person.sign_in_by_browser(
        scopes, show_page, claims=claims, wait_s=_WAIT_S, is_cancelled=is_over
    )


def _never() -> bool:
    return False


def one_tenant(details: ConnectionDetails, clock: Clock) -> Place:
    """Say where people of this very tenant sign in.

    Raises:
        OperatorError: the details name no tenant, or the way in to all of them.
    """
    if details.tenant.casefold() in _MANY_TENANTS:
        raise OperatorError(
            "This names no tenant.",
            why="Whoever has an account with Microsoft could sign in there.",
            hint="Give the tenant's id or one of its domains with --tenant.",
        )
    return place_of(details, clock)


def _claims_wanted(place: Place, details: ConnectionDetails, tokens: Tokens) -> str:
    """Ask the service itself whether it takes the new token; what else would it want?

    Returns:
        The claims that it asks for, JSON text; empty if it asks for none, or cannot be asked now.
    """
    endpoints = endpoints_of(details.cloud, details.endpoints)
    is_exchange = details.kind == EXCHANGE_ONLINE
    page = f"{endpoints.ews}/EWS/Exchange.asmx" if is_exchange else f"{details.url}/_api/web"
    try:
        answer = place.http.request(
            "GET", page, headers={"Authorization": f"Bearer {tokens.token()}"}
        )
    except (TransientError, ServerUnreachable):
        return ""
    refusals = answer.header_values.get("www-authenticate", ())
    return claims_of(refusals) if answer.status == 401 else ""


def _require_same(before: Account, after: Account) -> None:
    if before.owner_id != after.owner_id:
        raise OperatorError(
            "Somebody else signed in the second time.",
            why="The service asked for a stronger sign-in of the same person.",
            hint="Sign in again, both times as the person whose connection it is.",
        )


def _scopes(details: ConnectionDetails) -> list[str]:
    """Say what a person's sign-in asks for: to reach what is theirs, for what jobs do today."""
    endpoints = endpoints_of(details.cloud, details.endpoints)
    if details.kind == EXCHANGE_ONLINE:
        return [f"{endpoints.ews}/EWS.AccessAsUser.All"]
    if details.kind == SHAREPOINT_ONLINE:
        return [f"{Origin.of(details.url)}/AllSites.Read"]
    raise OperatorError("People sign in to Microsoft's cloud alone.")


def _require_tenant(details: ConnectionDetails, account: Account) -> None:
    """Refuse somebody whose token is of another tenant; a domain's name says nothing of its id."""
    try:
        wanted = str(uuid.UUID(details.tenant))
    except ValueError:
        return
    if account.tenant.lower() != wanted:
        raise OperatorError(
            "Whoever signed in belongs to another tenant.",
            why="Its id is not the one that the connection is for.",
            hint="Sign in with an account of this tenant.",
        )


def _not_here(error: OperatorError) -> OperatorError:
    """Name the application that an administrator signs in through, and the way without it."""
    what = error.what
    if isinstance(error, NotAdmitted):
        what = f"This tenant lets nobody in through {THROUGH}."
    hint = (
        f"{error.hint} A Global Administrator or Privileged Role Administrator signs in, through"
        f" {THROUGH}. Without that, let one run what `strongroom connection script` prints, and add"
        " the connection with --client-id and --certificate."
    )
    return type(error)(what, why=error.why, hint=hint.strip())


def _keep_nothing(cache: str) -> None:
    """Keep no token of an administrator anywhere."""
