"""Details of connections of every kind and way to sign in, which together hold every secret."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
    ConnectionDetails,
)
from strongroom.vault.secret import Secret


def of_every_kind(
    text: Callable[[str], str] = lambda field: f"secret {field}",
) -> Sequence[ConnectionDetails]:
    """Give one connection for each way to sign in to each kind of server.

    Args:
        text: Makes up a secret, by the name of its field.
    """

    def secret(field: str) -> Secret:
        return Secret(text(field))

    farm = ConnectionDetails(
        kind=SHAREPOINT_ONPREM,
        url="https://farm.example/sites/a",
        user="backup@lab.example",
        auth="ntlm",
        password=secret("password"),
    )
    exchange = replace(farm, kind=EXCHANGE_ONPREM, url="", server="mail.example")
    cloud = ConnectionDetails(
        kind=EXCHANGE_ONLINE,
        tenant="tenant.example",
        client_id="client-1",
        auth="certificate",
        certificate=secret("certificate"),
    )
    person = replace(cloud, auth="browser", certificate=None, token_cache=secret("token_cache"))
    site = "https://contoso.sharepoint.com/sites/a"
    by_keytab = {"auth": "kerberos", "password": None, "keytab": secret("keytab")}
    return [
        exchange,
        replace(exchange, auth="basic", fingerprint="ab" * 32),
        replace(exchange, **by_keytab),  # type: ignore[arg-type]
        replace(exchange, auth="kerberos", password=None, user="", uses_tickets=True),
        farm,
        replace(farm, **by_keytab),  # type: ignore[arg-type]
        replace(farm, auth="forms"),
        replace(farm, auth="legacy"),
        replace(
            cloud, restore_client_id="client-2", restore_certificate=secret("restore_certificate")
        ),
        replace(
            cloud, auth="client-secret", certificate=None, client_secret=secret("client_secret")
        ),
        person,
        replace(person, auth="device-code"),
        replace(cloud, kind=SHAREPOINT_ONLINE, url=site),
        replace(person, kind=SHAREPOINT_ONLINE, url=site),
        ConnectionDetails(
            kind=SHAREPOINT_ONLINE,
            url=site,
            user="backup@tenant.example",
            auth="legacy",
            app_password=secret("app_password"),
        ),
    ]
