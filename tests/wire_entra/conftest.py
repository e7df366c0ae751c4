"""The lab's tenant behind real HTTPS, and our own client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application
from strongroom.lab.server import LabServer
from strongroom.wire.entra.app_only import AppOnly, CertificateProof, Proof
from strongroom.wire.entra.place import Place
from strongroom.wire.http import HttpsClient
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.certificates import KeyPair
from tests.lab_entra.conftest import (
    admin,
    ann,
    app,
    browser,
    clock,
    directory,
    entra,
    key_pair,
    other_pair,
    pool,
    server,
    signer,
    tenant,
)

__all__ = [
    "admin",
    "ann",
    "app",
    "browser",
    "clock",
    "directory",
    "entra",
    "key_pair",
    "other_pair",
    "pool",
    "server",
    "signer",
    "tenant",
]

EWS = "https://outlook.office365.com"
MakeAppOnly = Callable[[Proof], AppOnly]


@pytest.fixture
def https(server: LabServer, clock: HandClock) -> Iterator[HttpsClient]:
    with HttpsClient(clock=clock, trust=Trust(ca_pem=server.ca_pem.decode())) as made:
        yield made


@pytest.fixture
def place(entra: EntraFace, tenant: Tenant, https: HttpsClient, clock: HandClock) -> Place:
    return Place(authority=entra.authority(tenant), http=https, clock=clock)


@pytest.fixture
def app_only(place: Place, app: Application) -> MakeAppOnly:
    return lambda proof: AppOnly(place, app.app_id, proof)


def certificate_of(pair: KeyPair) -> CertificateProof:
    parts = pair.modern
    return CertificateProof(pem=parts["public_certificate"] + parts["private_key"])
