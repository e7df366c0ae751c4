"""A home with one connection of every kind, for every way to sign in, each with all its secrets."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from strongroom.service import kinds
from strongroom.service.application import Application
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SECRETS,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
    ConnectionDetails,
)
from strongroom.service.storage_access import Access
from strongroom.vault.secret import Secret
from tests.fakes.marked import MARK, canary
from tests.lab_entra.certificates import make_key_pair

GUARD = canary("guard of the connections")
PLACES: Mapping[str, Mapping[str, Any]] = {
    EXCHANGE_ONPREM: {"server": "mail.secret.example"},
    EXCHANGE_ONLINE: {"tenant": "secret.example", "client_id": "7b1c2a90-0000-4000-8000-1"},
    SHAREPOINT_ONPREM: {"url": "https://farm.secret.example/sites/hr"},
    SHAREPOINT_ONLINE: {
        "url": "https://secret.sharepoint.com/sites/hr",
        "tenant": "secret.example",
        "client_id": "7b1c2a90-0000-4000-8000-1",
    },
}
"""Where a connection of each kind leads; also secret, from everybody but its administrators."""

DOMAIN = "secret.example"
BUCKET = "s3://bucket/backups?region=eu-central-1"
"""Where a storage lies that somebody has to be let in to."""
_KEYTAB = b"\x05\x02"


def bucket_access() -> Access:
    """Give what the bucket is reached with: a key made up of letters that a key may have."""
    fields = {"access_key_id": "AKSECRET", "secret_access_key": f"{MARK}-of-the-bucket"}
    return Access(credentials=Secret(json.dumps(fields)))


def everything() -> dict[str, ConnectionDetails]:
    """Give details of every kind, for every way to sign in and everything that proves it."""
    found: dict[str, ConnectionDetails] = {}
    for kind, known in kinds.KINDS.items():
        for auth in known.auths:
            proofs = kinds.options_by_proof(ConnectionDetails(kind=kind, auth=auth))
            for proof in (one for one in proofs if one in SECRETS):
                name = f"{kind} {auth} {proof}".replace("_", "-")
                found[name] = _details(name, kind, auth, proof)
    covered = {one for details in found.values() for one in SECRETS if getattr(details, one)}
    assert covered == set(SECRETS), "a new secret has to be in one of them"
    return found


def add_everything(application: Application, *, password: Secret | None = None) -> list[str]:
    """Add a connection for each of them; say their names."""
    added = []
    for name, details in everything().items():
        application.connections.add(name, details, password=password)
        added.append(name)
    return added


def _details(name: str, kind: str, auth: str, proof: str) -> ConnectionDetails:
    secrets: dict[str, Any] = {proof: Secret(_text(proof, f"{proof} of {name}"))}
    place = dict(PLACES[kind])
    if auth == "legacy":
        place = {"url": place["url"]}
    details = ConnectionDetails(kind=kind, auth=auth, **place, **secrets)
    if auth not in kinds.BY_APPLICATION | kinds.BY_PERSON:
        details = replace(details, user=f"svc@{DOMAIN}", owners=("uid:4711",))
    elif auth == "certificate":
        details = replace(
            details,
            restore_client_id="7b1c2a90-0000-4000-8000-2",
            restore_certificate=Secret(_text("certificate", f"restore certificate of {name}")),
        )
    kinds.check(details)
    kinds.check_secrets(details)
    return details


def _text(proof: str, name: str) -> str:
    """Give a canary in the form that a proof has, so that it is used as a real one is."""
    text = canary(name)
    if proof == "keytab":
        return base64.b64encode(_KEYTAB + text.encode()).decode()
    if proof == "certificate":
        return f"{text}\n{_certificate()}"
    return text


@functools.cache
def _certificate() -> str:
    pair = make_key_pair("backup.secret.example", days=100).modern
    return pair["private_key"] + pair["public_certificate"]
