"""Device code: a program without a browser shows a code, and somebody types it in elsewhere.

Source:
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.scopes import read_scope
from strongroom.lab.entra.sessions import DeviceFlow
from strongroom.lab.entra.tenant import Tenant

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def device_authorization(
    directory: Directory, tenant: Tenant | None, form: Mapping[str, str], url: str
) -> dict[str, object]:
    """Begin a device flow.

    Raises:
        Refused: the application is not known, or its scope is not.
    """
    app_id = form.get("client_id", "")
    if not app_id:
        raise Refused(90014, field="client_id")
    application = directory.application(app_id, tenant)
    scope = form.get("scope", "")
    read_scope(scope, directory, tenant, app_name=application.name)
    digest = hashlib.sha256(directory.draw().encode()).digest()
    user_code = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:9])
    device_code = directory.draw()
    habits = directory.habits
    flow = DeviceFlow(
        user_code=user_code,
        tenant=tenant,
        app_id=app_id,
        scope=scope,
        ends_at=directory.clock.now() + timedelta(seconds=habits.device_s),
    )
    directory.devices[device_code] = flow
    page = f"{url}/device"
    return {
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": habits.device_s,
        "interval": flow.interval_s,
        "message": (
            f"To sign in, use a web browser to open the page {page} and enter the code "
            f"{user_code} to authenticate."
        ),
    }
