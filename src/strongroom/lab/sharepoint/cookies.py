"""Where tokens and passwords are turned into cookies."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange.xml import NotXml, parse
from strongroom.lab.https import Request, Response
from strongroom.lab.sharepoint.farm import Farm
from strongroom.lab.sharepoint.sign_in_server import SignInServer
from strongroom.lab.sharepoint.token_service import token_in

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMESPACE = "http://schemas.microsoft.com/sharepoint/soap/"
_SAML = "urn:oasis:names:tc:SAML:1.0:assertion"
_NAMES = ("FedAuth", "SPOIDCRL")

BLOCKED = (
    "917656; Access+denied.+Before+opening+files+in+this+location%2c+you+must+first+browse+to+the"
    "+web+site+and+select+the+option+to+login+automatically."
)
"""Recorded from tenants in which the old sign-in was blocked."""


class CookieDesk:
    """Gives cookies out and knows them again."""

    def __init__(
        self,
        farm: Farm,
        estate: Estate | None,
        *,
        trusted: SignInServer | None = None,
        realm: str = "",
    ) -> None:
        self._farm = farm
        self._estate = estate
        self._trusted = trusted
        self._realm = realm

    def whose(self, headers: Mapping[str, str]) -> str | None:
        """Say who sent a request, by its cookies."""
        try:
            sent = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        for name in _NAMES:
            user = self._farm.whose(sent[name].value) if name in sent else None
            if user is not None:
                return user
        return None

    def from_token(self, request: Request) -> Response:
        """Take the token service's token: ``/_forms/default.aspx?wa=wsignin1.0``."""
        user = self._farm.whose(token_in(request.body.decode("ascii", "replace")))
        if user is None or self._farm.legacy != "on":
            return Response(headers=[("Content-Type", "text/html")], body=b"<html>Sign in</html>")
        end = "path=/; SameSite=None; secure; HttpOnly"
        return Response(
            status=302,
            headers=[
                ("Location", "/"),
                ("Set-Cookie", f"rtFa={self._farm.draw()}; domain=sharepoint.example; {end}"),
                ("Set-Cookie", f"FedAuth={self._farm.give(user)}; {end}"),
            ],
        )

    def from_idcrl(self, request: Request) -> Response:
        """Take the same token in a header: ``/_vti_bin/idcrl.svc/``."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = self._farm.whose(token_in(token)) if scheme == "BPOSIDCRL" else None
        if user is None or self._farm.legacy != "on":
            return Response(status=401, headers=[("X-MSDAVEXT_Error", BLOCKED)])
        cookie = f"SPOIDCRL={self._farm.give(user)}; path=/; secure; HttpOnly"
        return Response(headers=[("Set-Cookie", cookie)])

    def from_password(self, request: Request) -> Response:
        """Take a name and a password: ``/_vti_bin/authentication.asmx``, ``Login``."""
        try:
            envelope = parse(request.body)
        except NotXml:
            return Response(status=400)
        texts = {
            name: next((node.text or "" for node in envelope.iter(f"{{{_NAMESPACE}}}{name}")), "")
            for name in ("username", "password")
        }
        if self._farm.kind != "forms":
            return _login_result("NotInFormsAuthenticationMode")
        assert self._estate is not None, "a farm with Forms needs accounts"
        account = self._estate.sign_in(texts["username"], texts["password"])
        if account is None:
            return _login_result("PasswordNotMatch")
        answer = _login_result("NoError", cookie_name="FedAuth", life_s=self._farm.cookie_s)
        cookie = f"FedAuth={self._farm.give(account.user)}; path=/; secure; HttpOnly"
        answer.headers.append(("Set-Cookie", cookie))
        return answer

    def from_assertion(self, request: Request) -> Response:
        """Take the word of a sign-in server that the farm trusts: ``/_trust/``."""
        form = dict(parse_qsl(request.body.decode("ascii", "replace")))
        try:
            result = parse(form.get("wresult", "").encode())
        except NotXml:
            return Response(status=500)
        user = None
        if self._trusted is not None:
            assertion = next(result.iter(f"{{{_SAML}}}Assertion"), None)
            if assertion is not None:
                user = self._trusted.who(assertion, self._realm)
        if user is None:
            return Response(status=500, headers=[("Content-Type", "text/html")])
        cookie = f"FedAuth={self._farm.give(user)}; path=/; secure; HttpOnly"
        headers = [("Location", form.get("wctx", "/")), ("Set-Cookie", cookie)]
        return Response(status=302, headers=headers)


def _login_result(code: str, *, cookie_name: str = "", life_s: int = 0) -> Response:
    named = f"<CookieName>{cookie_name}</CookieName>" if cookie_name else ""
    life = f"<TimeoutSeconds>{life_s}</TimeoutSeconds>" if life_s else ""
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
        f'<LoginResponse xmlns="{_NAMESPACE}"><LoginResult>{named}<ErrorCode>{code}</ErrorCode>'
        f"{life}</LoginResult></LoginResponse></soap:Body></soap:Envelope>"
    )
    return Response(headers=[("Content-Type", "text/xml; charset=utf-8")], body=body.encode())
