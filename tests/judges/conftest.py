"""exchangelib, a client that others wrote, pointed at a lab in this process.

Where the two disagree, the lab is wrong until shown otherwise. Every answer is also checked
against Microsoft's schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    Account,
    Build,
    Configuration,
    Credentials,
    EWSTimeZone,
    Version,
)
from exchangelib.protocol import BaseProtocol, close_connections
from requests.adapters import HTTPAdapter

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from tests.judges.comparing import assert_sound
from tests.judges.sharepoint import SharePointJudge
from tests.judges.staged_site import Staged, stage

_ITER_CONTENT = requests.Response.iter_content
SERVER = Version(build=Build(15, 2, 2562, 17))


class Judge:
    """Makes exchangelib accounts for one lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def owner(self, number: int = 0) -> Account:
        """Sign in as one of the organisation's people, for their own mailbox."""
        address = self.lab.cast.users[number].address
        return self.account(address, user=address, password=self.lab.password(address))

    def administrator(self, address: str) -> Account:
        """Sign in as the administrator, who impersonates the mailbox's owner."""
        return self.account(
            address, user=ADMINISTRATOR, password=self.lab.admin_password, access=IMPERSONATION
        )

    def account(
        self,
        address: str,
        *,
        user: str,
        password: str,
        access: str = DELEGATE,
        version: Version | None = SERVER,
    ) -> Account:
        config = Configuration(
            service_endpoint=self.lab.ews_url,
            credentials=Credentials(user, password),
            auth_type=BASIC,
            version=version,
            max_connections=1,
        )
        zone = EWSTimeZone("UTC")
        return Account(
            address, config=config, access_type=access, autodiscover=False, locale="en",
            default_timezone=zone,
        )  # fmt: skip

    def mailbox(self, account: Account) -> Mailbox:
        """Look at the same mailbox behind the server's back."""
        found = self.lab.estate.mailbox(account.primary_smtp_address)
        assert found is not None
        return found


def _adapter(ca_file: Path) -> type[HTTPAdapter]:
    class TrustsTheLab(HTTPAdapter):
        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, str(ca_file), cert)

    return TrustsTheLab


def _read_in_pieces(response: requests.Response, chunk_size: int = 65536, **more: Any) -> Any:
    """Read an answer in pieces of 64 KiB; exchangelib leaves requests to its default, one byte."""
    return _ITER_CONTENT(response, chunk_size, **more)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Judge]]:
    """Start labs; exchangelib trusts the newest one's authority, for this test."""
    labs: list[Lab] = []

    def _start(**wishes: Any) -> Judge:
        lab = Lab(Wishes(validates_answers=True, **wishes)).start()
        labs.append(lab)
        ca_file = tmp_path / f"ca-{len(labs)}.pem"
        ca_file.write_bytes(lab.ca_pem)
        monkeypatch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", _adapter(ca_file))
        monkeypatch.setattr(requests.Response, "iter_content", _read_in_pieces)
        return Judge(lab)

    yield _start
    # exchangelib keeps its connections for the life of the process; ours must end with the test.
    close_connections()
    for lab in labs:
        lab.stop()
    for lab in labs:
        assert_sound(lab)


@pytest.fixture
def judge(start: Callable[..., Judge]) -> Judge:
    return start()


@pytest.fixture(scope="module")
def sharepoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharePointJudge]:
    """Clients for SharePoint; no question may have found a mistake of the lab itself."""
    with Lab() as lab:
        judge = SharePointJudge(lab, tmp_path_factory.mktemp("sharepoint") / "ca.pem")
        yield judge
        judge.close()
        assert lab.cloud.farm_face.crashes == []
        assert lab.farm_face.crashes == []


@pytest.fixture(scope="module")
def staged(sharepoint: SharePointJudge) -> Staged:
    """A site that has one of everything."""
    return stage(sharepoint.collection("/sites/marketing"))
