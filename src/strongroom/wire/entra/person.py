"""Tokens for a person: signed in once with the second factor, then kept fresh in silence.

Such a token reaches only what the person reaches: through Graph, the person's own mailbox.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

import msal
import orjson

from strongroom.errors import Interrupted, OperatorError, ServerUnreachable, TransientError
from strongroom.wire.entra.listener import Listener
from strongroom.wire.entra.people import Account, DeviceCode, device_code, printable_part
from strongroom.wire.entra.place import Place, read_token, understood
from strongroom.wire.entra.refusals import refusal
from strongroom.wire.entra.tokens import Token, Tokens, Want

__all__ = ["Account", "DeviceCode", "Person"]

_WAIT_S = 600.0
_SLOWER_S = 5


def _never() -> bool:
    return False


class Person:
    """One person's sign-in through one application. Safe in many threads.

    Args:
        place: Where to sign in.
        client_id: The application's id; it is a public client.
        cache: What ``keep`` was given last, or None.
        keep: Told the tokens to keep, as text, whenever they have changed; the caller seals it. It
            is called in the thread that asked, before the token is used.
    """

    def __init__(
        self, place: Place, client_id: str, *, cache: str | None, keep: Callable[[str], None]
    ) -> None:
        self._place = place
        self._client_id = client_id
        self._keep = keep
        self._lock = Lock()
        self._cache = msal.SerializableTokenCache()
        if cache:
            _fill(self._cache, cache)
        self._made: Any = None

    def __repr__(self) -> str:
        return f"Person({self._client_id!r})"

    def account(self) -> Account | None:
        """Say who is signed in, or None. May ask the authority for its description."""
        with self._lock:
            found = understood(self._account)
            said = self._said_of(found) if found else None
        if found is None or said is None:
            return None
        return Account(
            tenant=str(said.get("tid", "")),
            object_id=str(said.get("oid", "")),
            name=printable_part(str(found.get("username", ""))),
        )

    def sign_in_by_browser(
        self,
        scopes: Sequence[str],
        open_browser: Callable[[str], None],
        *,
        claims: str | None = None,
        wait_s: float = _WAIT_S,
        is_cancelled: Callable[[], bool] = _never,
    ) -> Account:
        """Sign in by authorization code with PKCE, coming back to a listener on this machine.

        Args:
            scopes: Of one resource, each whole (``https://…/EWS.AccessAsUser.All``).
            open_browser: Opens an address, or shows it; it goes to the authority's origin.
            claims: What a server asked for, JSON text.
            wait_s: How long to wait for the person, in seconds.
            is_cancelled: Asked several times a second.

        Raises:
            StrongroomError: in plain words, why nobody is signed in.
        """
        with Listener() as listener, self._lock:
            flow = understood(
                lambda: self._client().initiate_auth_code_flow(
                    list(scopes),
                    listener.redirect_uri,
                    prompt="select_account",
                    response_mode="form_post",
                    claims_challenge=claims,
                )
            )
            address = str(flow["auth_uri"])
            self._place.origins.check(address, named_by="the sign-in server's own description")
            listener.expect(str(flow["state"]))
            open_browser(address)
            fields = listener.wait(self._place.clock, wait_s=wait_s, is_cancelled=is_cancelled)
            self._finish(
                understood(
                    lambda: self._client().acquire_token_by_auth_code_flow(flow, dict(fields))
                )
            )
        return self._signed_in()

    def sign_in_by_device_code(
        self,
        scopes: Sequence[str],
        show: Callable[[DeviceCode], None],
        *,
        claims: str | None = None,
        is_cancelled: Callable[[], bool] = _never,
    ) -> Account:
        """Sign in on another device. Tenants often block this way; the browser is better.

        Args:
            scopes: As above.
            show: Shows the person where to go and what to enter.
            claims: What a server asked for, JSON text.
            is_cancelled: Asked every second.

        Raises:
            StrongroomError: in plain words, why nobody is signed in.
        """
        with self._lock:
            flow = understood(
                lambda: self._client().initiate_device_flow(list(scopes), claims_challenge=claims)
            )
            if "user_code" not in flow:
                raise refusal(flow)
            code = device_code(flow)
            show(code)
            self._finish(self._poll(flow, code.lasts_s, claims, is_cancelled))
        return self._signed_in()

    def tokens(self, scopes: Sequence[str]) -> Tokens:
        """Give the tokens for scopes of one resource; they are had in silence.

        Where that is no longer possible (revoked, a new second factor asked for), asking for one
        raises ``AccessDenied`` with what to do.
        """
        wanted = list(scopes)
        return Tokens(self._place.clock, lambda want: self._fetch(wanted, want))

    def forget(self) -> None:
        """Forget every token: of an administrator who signed in for a registration alone."""
        with self._lock:
            for account in self._client().get_accounts():
                self._client().remove_account(account)
            self._save()

    def _fetch(self, scopes: list[str], want: Want) -> Token:
        with self._lock:
            account = understood(self._account)
            if account is None:
                raise refusal({"error": "login_required"})
            try:
                answer = understood(
                    lambda: self._client().acquire_token_silent_with_error(
                        scopes,
                        account,
                        force_refresh=want.is_new,
                        claims_challenge=want.claims,
                    )
                )
            finally:
                self._save()
            return read_token(answer)

    def _poll(
        self,
        flow: dict[str, Any],
        lasts_s: float,
        claims: str | None,
        is_cancelled: Callable[[], bool],
    ) -> Mapping[str, object]:
        clock = self._place.clock
        end_s = clock.monotonic_s() + lasts_s
        interval_s = max(1, int(flow.get("interval", 5)))
        while clock.monotonic_s() < end_s:
            for _ in range(interval_s):
                if is_cancelled():
                    raise Interrupted("The sign-in was given up.")
                clock.sleep(1.0)
            answer = self._ask_device(flow, claims)
            if answer.get("error") == "slow_down":
                interval_s += _SLOWER_S
            elif answer.get("error") != "authorization_pending":
                return answer
        return {"error": "expired_token"}

    def _ask_device(self, flow: dict[str, Any], claims: str | None) -> Mapping[str, object]:
        # MSAL would compare this with the machine's clock, and warn.
        flow.pop("latest_attempt_at", None)
        try:
            # MSAL's own loop sleeps by the machine's clock; asked this way it asks once.
            answer: Mapping[str, object] = understood(
                lambda: self._client().acquire_token_by_device_flow(
                    flow, claims_challenge=claims, exit_condition=lambda _: True
                )
            )
        except (TransientError, ServerUnreachable):
            # The person is still busy with the other device; the code's own end ends this.
            return {"error": "slow_down"}
        return answer

    def _finish(self, answer: Mapping[str, object]) -> None:
        read_token(answer)
        self._drop_others(answer)
        self._save()

    def _drop_others(self, answer: Mapping[str, object]) -> None:
        """Keep one account alone: whoever signed in last is whom the connection acts for."""
        said = answer.get("id_token_claims")
        mine = said.get("oid") if isinstance(said, dict) else None
        for account in self._client().get_accounts():
            if mine and account.get("local_account_id") != mine:
                self._client().remove_account(account)

    def _signed_in(self) -> Account:
        account = self.account()
        if account is None:
            raise TransientError("The sign-in server did not say who signed in.")
        return account

    def _account(self) -> Mapping[str, object] | None:
        accounts: Sequence[Mapping[str, object]] = self._client().get_accounts()
        return accounts[0] if accounts else None

    def _said_of(self, account: Mapping[str, object]) -> Mapping[str, object] | None:
        """Read who it is in this tenant from the id token: a guest's account has another home."""
        query = {"home_account_id": account["home_account_id"]}
        for kept in self._cache.search("IdToken", query=query):
            body = str(kept["secret"]).split(".")[1]
            said = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            if isinstance(said, dict) and said.get("tid") and said.get("oid"):
                return said
        return None

    def _client(self) -> Any:  # noqa: ANN401 - MSAL ships no types
        if self._made is None:
            self._made = self._place.client(
                msal.PublicClientApplication, self._client_id, token_cache=self._cache
            )
        return self._made

    def _save(self) -> None:
        if self._cache.has_state_changed:
            self._keep(self._cache.serialize())


def _fill(cache: Any, text: str) -> None:  # noqa: ANN401 - MSAL ships no types
    try:
        if isinstance(orjson.loads(text), dict):
            cache.deserialize(text)
            return
    except ValueError:
        pass
    raise OperatorError(
        "The kept sign-in cannot be read.",
        why="It is not what was kept.",
        hint="Sign in again on this connection.",
    )
