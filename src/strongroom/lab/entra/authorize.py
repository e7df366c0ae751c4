"""Where an interactive sign-in begins: the authorize endpoint and the administrator's consent.

Source:
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from strongroom.lab.entra import pages, policy
from strongroom.lab.entra.claims_request import read_claims
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.interaction import Interaction
from strongroom.lab.entra.redirects import send_back
from strongroom.lab.entra.scopes import read_scope
from strongroom.lab.entra.sessions import Journey
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.https import Response

_MODES = frozenset({"query", "fragment", "form_post"})


class Authorize:
    """Begins journeys. The caller holds the directory's lock."""

    def __init__(self, directory: Directory, interaction: Interaction) -> None:
        self._directory = directory
        self._interaction = interaction

    def begin(self, tenant: Tenant | None, asked: Mapping[str, str]) -> Response:
        """Begin to sign somebody in for a code."""
        try:
            journey = self._read(tenant, asked, purpose="code")
        except Refused as refused:
            # Before the redirect address is known to be the application's, nothing goes there.
            return pages.refusal_page("", self._describe(refused), status=400)
        try:
            self._check(journey, asked)
        except Refused as refused:
            fields = {"error": refused.error, "error_description": self._describe(refused)}
            return send_back(journey, fields)
        return self._interaction.begin(journey)

    def begin_admin_consent(self, tenant: Tenant | None, asked: Mapping[str, str]) -> Response:
        """Begin to ask an administrator to consent for everyone."""
        try:
            journey = self._read(tenant, asked, purpose="consent")
        except Refused as refused:
            return pages.refusal_page("", self._describe(refused), status=400)
        return self._interaction.begin(journey)

    def _read(
        self,
        tenant: Tenant | None,
        asked: Mapping[str, str],
        *,
        purpose: Literal["code", "consent"],
    ) -> Journey:
        app_id = asked.get("client_id", "")
        if not app_id:
            raise Refused(90014, field="client_id")
        application = self._directory.application(app_id, tenant)
        redirect = asked.get("redirect_uri", "")
        if not policy.takes_redirect(application, redirect):
            raise Refused(50011, redirect=redirect, app=app_id)
        mode = asked.get("response_mode", "query")
        if mode not in _MODES:
            raise Refused(90023, why=f"Unsupported response mode '{mode}'.")
        habits = self._directory.habits
        return Journey(
            purpose=purpose,
            tenant=tenant,
            app_id=app_id,
            scope=asked.get("scope", ""),
            redirect_uri=redirect,
            response_mode=mode,
            state=asked.get("state", ""),
            challenge=asked.get("code_challenge", ""),
            nonce=asked.get("nonce", ""),
            login_hint=asked.get("login_hint", ""),
            prompt=asked.get("prompt", ""),
            ends_at=self._directory.clock.now() + timedelta(seconds=habits.device_s),
        )

    def _check(self, journey: Journey, asked: Mapping[str, str]) -> None:
        if asked.get("response_type") != "code":
            raise Refused(700054)
        if journey.challenge and asked.get("code_challenge_method") != "S256":
            raise Refused(90023, why="Unsupported code_challenge_method.")
        journey.claims = read_claims(asked.get("claims", ""))
        application = self._directory.application(journey.app_id, journey.tenant)
        read_scope(journey.scope, self._directory, journey.tenant, app_name=application.name)
        if journey.prompt == "none":
            raise Refused(50058)

    def _describe(self, refused: Refused) -> str:
        return refused.describe(self._directory.clock.now(), self._directory.correlation_id())
