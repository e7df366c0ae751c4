"""An interactive sign-in, page by page: password, second factor, policies, consent, and back.

authorize, device code and admin consent begin a ``Journey`` in their own ways; from then on they
are one road, and only its end differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from strongroom.lab.entra import pages, policy, well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.redirects import send_back
from strongroom.lab.entra.scopes import Wanted, read_scope
from strongroom.lab.entra.sessions import AuthorizationCode, Journey, Session
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from strongroom.lab.https import Response


class Interaction:
    """Moves journeys on. The caller holds the directory's lock."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def begin(self, journey: Journey) -> Response:
        """Show the first page of a journey."""
        flow = self._directory.draw()
        self._directory.journeys[flow] = journey
        if journey.purpose == "device":
            return pages.confirm_page(flow, self._application(journey).name)
        return self._login(flow, journey)

    def step(self, form: Mapping[str, str]) -> Response:
        """Take what a page's form brought, and show the next page or send the browser back."""
        flow = form.get("flow", "")
        journey = self._directory.journeys.get(flow)
        if journey is None or self._directory.clock.now() >= journey.ends_at:
            self._directory.journeys.pop(flow, None)
            return pages.refusal_page("", "AADSTS50058: Your sign-in session has expired.")
        if form.get("go") == "cancel":
            return self._cancel(flow, journey)
        try:
            return self._next(flow, journey, form)
        except Refused as refused:
            journey.refusal = refused
            return pages.refusal_page(flow, self._describe(refused))

    def _next(self, flow: str, journey: Journey, form: Mapping[str, str]) -> Response:
        page = self._identify(flow, journey, form) or self._ask_factor(flow, journey, form)
        if page is not None:
            return page
        user, tenant = journey.user, journey.tenant
        assert user is not None, "who is identified is known"
        assert tenant is not None, "a user who signed in says which tenant it is"
        application = self._application(journey)
        kind = "device_code" if journey.purpose == "device" else "code"
        policy.check_access(tenant, user, application, flow=kind)
        if journey.purpose == "consent":
            return self._admin_consent(flow, journey, tenant, application, form)
        wanted = read_scope(journey.scope, self._directory, tenant, app_name=application.name)
        missing = policy.missing_scopes(tenant, user, application, wanted)
        if missing or (journey.prompt == "consent" and form.get("go") != "accept"):
            shown = missing or wanted.names
            page = self._consent(flow, journey, application, wanted, shown, form)
        return page or self._finish(flow, journey, tenant, application)

    def _identify(self, flow: str, journey: Journey, form: Mapping[str, str]) -> Response | None:
        if journey.user is not None:
            return None
        if "login" not in form:
            return self._login(flow, journey)
        try:
            journey.user = self._sign_in(journey, form["login"], form.get("passwd", ""))
        except Refused as refused:
            return self._login(flow, journey, hint=form["login"], error=refused)
        return None

    def _ask_factor(self, flow: str, journey: Journey, form: Mapping[str, str]) -> Response | None:
        user = journey.user
        assert user is not None, "the second factor follows the first"
        wants = user.second_factor != "none" or journey.claims.contexts
        if journey.has_factor or not wants:
            return None
        policy.check_factor(user, resource=well_known.GRAPH, has_factor=True)
        if "otc" not in form:
            return pages.factor_page(flow, user.upn)
        if form["otc"].strip() != self._directory.factor_code(user):
            text = self._describe(Refused(500121))
            return pages.factor_page(flow, user.upn, error=text)
        journey.has_factor = True
        return None

    def _sign_in(self, journey: Journey, upn: str, password: str) -> User:
        tenant = journey.tenant or self._directory.tenant_of_user(upn)
        if tenant is None:
            raise Refused(50034, user=upn, tenant="organizations")
        # The application may be unknown in the tenant that only the user name tells.
        self._directory.application(journey.app_id, tenant)
        user = policy.check_password(tenant, upn, password)
        journey.tenant = tenant
        return user

    def _consent(
        self,
        flow: str,
        journey: Journey,
        application: Application,
        wanted: Wanted,
        missing: tuple[str, ...],
        form: Mapping[str, str],
    ) -> Response | None:
        user, tenant = journey.user, journey.tenant
        assert user is not None, "consent follows the password"
        assert tenant is not None, "consent follows the password"
        may_all = bool(user.roles & well_known.MAY_CONSENT_TO_ALL)
        api = well_known.RESOURCES[wanted.resource]
        needs_admin = [name for name in missing if (right := api.scope(name)) and right.needs_admin]
        if not may_all and (needs_admin or not tenant.users_may_consent):
            raise Refused(90094, tenant=tenant.name, name=application.name)
        if form.get("go") != "accept":
            return pages.consent_page(
                flow,
                application.name,
                [f"{api.name}: {name}" for name in missing],
                may_consent_for_all=may_all,
                is_for_all=False,
            )
        principal = tenant.principal(application.app_id) or tenant.add_principal(
            application.app_id, application.name
        )
        for_all = may_all and form.get("for_all") == "yes"
        tenant.consent(principal, wanted.resource, missing, user=None if for_all else user)
        return None

    def _admin_consent(
        self,
        flow: str,
        journey: Journey,
        tenant: Tenant,
        application: Application,
        form: Mapping[str, str],
    ) -> Response:
        assert journey.user is not None, "consent follows the password"
        if not journey.user.roles & well_known.MAY_CONSENT_TO_ALL:
            raise Refused(90094, tenant=tenant.name, name=application.name)
        wants = {
            resource: [right for id_ in ids if (right := well_known.RESOURCES[resource].by_id(id_))]
            for resource, ids in application.asks_for.items()
            if resource in well_known.RESOURCES
        }
        if form.get("go") != "accept":
            shown = [
                f"{well_known.RESOURCES[resource].name}: {right.value}"
                for resource, rights in wants.items()
                for right in rights
            ]
            return pages.consent_page(
                flow, application.name, shown, may_consent_for_all=True, is_for_all=True
            )
        principal = tenant.principal(application.app_id) or tenant.add_principal(
            application.app_id, application.name
        )
        for resource, rights in wants.items():
            scopes = [right.value for right in rights if not right.is_application]
            if scopes:
                tenant.consent(principal, resource, scopes, user=None)
            for right in rights:
                if right.is_application:
                    tenant.grant_role(principal, resource, right.id)
        del self._directory.journeys[flow]
        return send_back(journey, {"tenant": tenant.id, "admin_consent": "True"})

    def _finish(
        self, flow: str, journey: Journey, tenant: Tenant, application: Application
    ) -> Response:
        assert journey.user is not None, "the end follows the password"
        del self._directory.journeys[flow]
        now = self._directory.clock.now()
        session = Session(
            tenant=tenant,
            user=journey.user,
            app_id=application.app_id,
            flow="device_code" if journey.purpose == "device" else "code",
            has_factor=journey.has_factor,
            contexts=journey.claims.contexts,
            started_at=now,
        )
        if journey.device is not None:
            journey.device.session, journey.device.state = session, "approved"
            return pages.done_page(application.name)
        code = f"1.{self._directory.draw()}"
        self._directory.codes[code] = AuthorizationCode(
            session=session,
            scope=journey.scope,
            redirect_uri=journey.redirect_uri,
            challenge=journey.challenge,
            nonce=journey.nonce,
            ends_at=now + timedelta(seconds=self._directory.habits.code_s),
        )
        return send_back(journey, {"code": code, "session_state": self._directory.draw()})

    def _cancel(self, flow: str, journey: Journey) -> Response:
        del self._directory.journeys[flow]
        if journey.device is not None:
            journey.device.state = "declined"
            return pages.refusal_page("", "You declined to sign in on the device.")
        if journey.purpose == "consent":
            text = "The admin canceled the request"
            return send_back(journey, {"error": "permission_denied", "error_description": text})
        refused = journey.refusal or Refused(65004)
        text = self._describe(refused)
        return send_back(journey, {"error": "access_denied", "error_description": text})

    def _login(
        self, flow: str, journey: Journey, *, hint: str = "", error: Refused | None = None
    ) -> Response:
        name = self._application(journey).name
        text = self._describe(error) if error else ""
        return pages.login_page(flow, name, hint=hint or journey.login_hint, error=text)

    def _application(self, journey: Journey) -> Application:
        return self._directory.application(journey.app_id, journey.tenant)

    def _describe(self, refused: Refused) -> str:
        return refused.describe(self._directory.clock.now(), self._directory.correlation_id())
