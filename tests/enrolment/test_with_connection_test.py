"""What was registered is what a test of the connection finds: rights, two identities, and scope."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from strongroom.clock import SystemClock
from strongroom.compose import real_ports
from strongroom.compose.least_privilege import rights
from strongroom.lab.lab import Lab, Wishes
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.ports import SignInPrompt
from strongroom.service.registration import BACKUP, RESTORE, RegistrationWish
from tests.lab_entra.browser import Browser
from tests.lab_entra.screen import Screen

CHOSEN, ANOTHER = "empty@lab.example", "info@lab.example"
Sees = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=2)) as running:
        yield running


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    with Application(tmp_path / "home", real_ports(SystemClock())) as opened:
        yield opened


@pytest.fixture
def administrator(lab: Lab) -> Iterator[Callable[[SignInPrompt], None]]:
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        screen = Screen(Browser(pool, lab.cloud.url), lab.cloud.admin, lab.cloud.directory)
        yield lambda shown: screen.open(shown.url)
        screen.close()


@pytest.fixture
def tested(application: Application) -> Sees:
    def outcomes(*, mailbox: str | None = None, outside: str | None = None) -> dict[str, str]:
        found = application.connections.test("cloud", mailbox=mailbox, outside=outside)
        return {one.name: one.outcome for one in found.capabilities}

    return outcomes


def _details(lab: Lab, kind: str, url: str = "") -> ConnectionDetails:
    return ConnectionDetails(
        kind=kind,
        auth="certificate",
        url=url,
        tenant=lab.cloud.tenant.id,
        ca_pem=lab.ca_pem.decode(),
        endpoints=lab.cloud.endpoints,
    )


def test_chosen_mailboxes_are_reached_by_both_identities_and_no_other_is(
    lab: Lab,
    application: Application,
    administrator: Callable[[SignInPrompt], None],
    tested: Sees,
) -> None:
    wish = RegistrationWish(can_restore=True, mailboxes=(CHOSEN,))
    made = application.connections.add_registered(
        "cloud", _details(lab, EXCHANGE_ONLINE), wish, administrator
    )
    before = tested(mailbox=CHOSEN, outside=ANOTHER)
    assert before["graph-export"] == "missing"
    with lab.cloud.directory.lock:
        for one, purpose in zip(made.report.applications, (BACKUP, RESTORE), strict=True):
            for role in rights(EXCHANGE_ONLINE, purpose, wish).in_exchange:
                lab.cloud.tenant.reach.add_mailbox_scope(one.client_id, role, [CHOSEN])
    found = tested(mailbox=CHOSEN, outside=ANOTHER)
    for name in ("sign-in", "directory", "graph-folders", "graph-items", "graph-export"):
        assert found[name] == "proved", name
    assert found["scope"] == "proved"
    assert found["backup-only"] == "proved"
    assert found["restore-graph-import"] == "proved"
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.add_mailbox_scope(
            made.view.client_id, "Application MailboxItem.Export", [ANOTHER]
        )
    assert tested(mailbox=CHOSEN, outside=ANOTHER)["scope"] == "missing"


@pytest.mark.parametrize("is_scoped", [True, False])
def test_a_registered_connection_to_sites_has_all_that_its_test_asks_for(
    is_scoped: bool,  # noqa: FBT001 - pytest gives it by name
    lab: Lab,
    application: Application,
    administrator: Callable[[SignInPrompt], None],
    tested: Sees,
) -> None:
    marketing, board = (f"{lab.cloud.sites.url}/sites/{one}" for one in ("marketing", "board"))
    wish = RegistrationWish(can_restore=True, sites=(marketing,) if is_scoped else ())
    application.connections.add_registered(
        "cloud", _details(lab, SHAREPOINT_ONLINE, lab.cloud.sites.url), wish, administrator
    )
    found = tested(mailbox=marketing, outside=board if is_scoped else None)
    assert found.pop("scope") == ("proved" if is_scoped else "not-applicable")
    assert found.pop("list-sites") == ("not-applicable" if is_scoped else "proved")
    assert set(found.values()) == {"proved"}, found
    assert {"site-access", "site-write", "backup-only"} <= found.keys()
