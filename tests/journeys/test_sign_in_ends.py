"""Sign-ins that end in the middle of a backup or a restore, at the lab's tenant and on premises.

A job carries on, or it pauses and says what to do; then it goes on from there. Either way every
item is kept exactly once, and few requests are sent to find out.
"""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.lab.cloud_applications import KnownApplication
from strongroom.lab.entra import well_known
from strongroom.lab.entra.words import Application as Registered
from strongroom.lab.entra.words import User
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes, count_items
from strongroom.lab.seed.bulk import Load
from strongroom.operations import fetching
from strongroom.pace import batches
from strongroom.service.application import Application
from strongroom.service.connections import ConnectionEdit
from strongroom.service.details import EXCHANGE_ONLINE, EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import SignInPrompt
from strongroom.service.restores import RestoreOrder
from strongroom.service.selections import BackupSelection
from strongroom.slots import climb
from strongroom.vault.secret import Secret
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import storage_password
from tests.fakes.marked import canary
from tests.fakes.storages import new_storage
from tests.fakes.watched_exchange import WatchedExchange, at
from tests.lab_entra.browser import Browser
from tests.lab_entra.certificates import KeyPair, make_key_pair
from tests.lab_entra.screen import Screen
from tests.service.support import add_job, back_up, wait

LARGE, EMPTY = "large@lab.example", "empty@lab.example"
ITEMS = 60
BATCH = 5
SLOTS = 4
LIFE_S = 60
"""Of a token here: long enough for a batch, so short that no lock of ours ends meanwhile."""
NEW_SECRET = canary("a client secret that was made anew")


@dataclass
class Site:
    """A lab whose clock is moved by hand, and a home with a storage called ``disk``."""

    lab: Lab
    clock: HandClock
    application: Application
    online: WatchedExchange
    onprem: WatchedExchange

    def known(self, name: str = "backup") -> KnownApplication:
        return next(a for a in self.lab.cloud.applications if a.name == f"Strongroom {name}")

    @property
    def registered(self) -> Registered:
        """The application that backs up, as its tenant knows it."""
        return self.lab.cloud.tenant.applications[self.known().client_id]

    def online_details(self, **changed: Any) -> ConnectionDetails:
        known = self.known()
        made = ConnectionDetails(
            kind=EXCHANGE_ONLINE,
            tenant=self.lab.cloud.tenant.id,
            client_id=known.client_id,
            auth="client-secret",
            client_secret=Secret(known.secret),
            endpoints=self.lab.cloud.endpoints,
            ca_pem=self.lab.ca_pem.decode(),
            uses_ews=True,
        )
        return replace(made, **changed)

    def connect(self, **changed: Any) -> None:
        """Connect by the backup application's secret, or as is said, and make the nightly job."""
        self.application.connections.add("office", self.online_details(**changed))
        add_job(self.application, LARGE)

    def refusals(self) -> list[str]:
        """List what the sign-in server answered to requests for tokens, in order."""
        with self.lab.cloud.directory.lock:
            return [deed.refusal for deed in self.lab.cloud.directory.deeds]

    def resume(self, report: dict[str, Any]) -> dict[str, Any]:
        return wait(self.application, self.application.runs.resume(report["id"]))

    def items(self, address: str) -> int:
        mailbox = self.lab.estate.mailbox(address)
        assert mailbox is not None
        with self.lab.estate.lock:
            return count_items(mailbox)


@pytest.fixture(scope="module", autouse=True)
def few_keys() -> Iterator[None]:
    """Let the labs and the certificates here share a few keys: making them takes the longest."""
    made = [rsa.generate_private_key(65537, 2048) for _ in range(4)]
    turn = itertools.cycle(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", lambda *_size: next(turn))
        yield


@pytest.fixture
def site(new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(fetching, "ITEMS_MAX", BATCH)
    monkeypatch.setattr(batches, "AHEAD_ITEMS", BATCH)
    # MSAL reads the machine's own clock, so the lab begins at the same time.
    clock = HandClock(SystemClock().now())
    wishes = Wishes(seed=2, loads=(Load(address=LARGE, items=ITEMS, item_bytes=1024),))
    with (
        Lab(wishes, clock=clock) as lab,
        compose.open_application(new_home, compose.real_ports(clock)) as application,
    ):
        lab.cloud.directory.habits.aware_access_s = LIFE_S
        add_storage(application, clock, "disk", tmp_path / "storage")
        made = Site(
            lab=lab,
            clock=clock,
            application=application,
            online=WatchedExchange(lab.cloud.server),
            onprem=WatchedExchange(lab.server),
        )
        yield made
        assert lab.outgoing == []


def add_storage(application: Application, clock: HandClock, name: str, folder: Path) -> None:
    """Make a storage whose password is cheap to try, and adopt it."""
    url = compose.normal_url(str(folder))
    new_storage(compose.open_backend(url), clock)
    application.storages.add(name, url, storage_password())


def troubles_of(report: dict[str, Any]) -> list[Any]:
    return [report["status"], report["error"], *(task["error"] for task in report["tasks"])]


def paused(report: dict[str, Any], what: str, *hints: str) -> None:
    """Insist that a run paused for that reason and says so."""
    assert report["status"] == "paused", troubles_of(report)
    assert what in report["error"]["what"] + report["error"]["why"], report["error"]
    for hint in (*hints, f"strongroom run resume {report['id']}"):
        assert hint in report["error"]["hint"], report["error"]
    assert {task["status"] for task in report["tasks"]} <= {"waiting"}


def complete(site: Site, report: dict[str, Any], items: int = ITEMS) -> None:
    """Insist that everything was kept, and that every item was handed out once."""
    assert report["status"] == "complete", troubles_of(report)
    totals = report["totals"]
    assert (totals["on_server"], totals["failed"], totals["skipped"]) == (items, 0, 0)
    handed_out = site.online.handed_out + site.onprem.handed_out
    assert len(handed_out) == items
    assert set(handed_out.values()) == {1}, "nothing was downloaded twice"
    assert len(site.application.kept.points("disk").points) == 1


def test_tokens_that_end_again_and_again_stop_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each request takes a tenth of a token's life here: with more than a few on their way at once,
    # one that was sent with a good token would come too late.
    monkeypatch.setattr(climb, "SLOTS_MAX", 3)
    site.connect()
    site.online.before = lambda _name, _number: site.clock.move(seconds=LIFE_S / 10)
    complete(site, back_up(site.application))
    refusals = site.refusals()
    assert set(refusals) == {""}
    assert 4 <= len(refusals) <= 20, "each token is used for half of its life"
    assert site.online.refused == 0


def test_a_token_that_ends_on_its_way_is_renewed_and_the_request_sent_again(site: Site) -> None:
    site.connect()
    site.online.before = at("ExportItems", 3, lambda: site.clock.move(seconds=LIFE_S + 10))
    complete(site, back_up(site.application))
    assert site.refusals() == ["", "", ""]
    assert 1 <= site.online.refused <= SLOTS


def test_an_expired_secret_pauses_and_with_a_new_one_it_goes_on(site: Site) -> None:
    tenant = site.lab.cloud.tenant
    site.connect()

    def expire() -> None:
        tenant.expire_secrets(site.registered)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 6, expire)
    report = back_up(site.application)
    paused(
        report,
        "client secret has expired",
        "Certificates & secrets",
        "strongroom connection edit office --client-secret-file FILE",
    )
    assert site.refusals() == ["", "", "7000222"], (
        "each step signs in, and one request found out for all lines"
    )
    assert 0 < sum(site.online.handed_out.values()) < ITEMS

    again = site.resume(report)
    paused(again, "client secret has expired")
    assert site.refusals() == ["", "", "7000222", "7000222"]

    tenant.add_secret(site.registered, NEW_SECRET)
    edit = ConnectionEdit(client_secret=Secret(NEW_SECRET))
    site.application.connections.edit("office", edit)
    complete(site, site.resume(report))


def test_consent_that_is_taken_back_pauses_and_given_again_it_goes_on(site: Site) -> None:
    tenant = site.lab.cloud.tenant
    site.connect()
    principal = tenant.principal(site.registered.app_id)
    assert principal is not None
    held = tenant.assignments(principal, well_known.EXCHANGE)
    assert held

    def revoke() -> None:
        for one in held:
            del tenant.role_assignments[one.id]
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 6, revoke)
    report = back_up(site.application)
    paused(report, "no permission", "API permissions", "full_access_as_app")
    assert "connection edit" not in report["error"]["hint"], "its secret is as good as before"
    assert len(site.refusals()) <= 2 + SLOTS
    assert site.online.refused <= 3 * SLOTS

    tenant.grant(site.registered.app_id, well_known.EXCHANGE, "full_access_as_app")
    complete(site, site.resume(report))


def test_an_application_that_is_deleted_pauses(site: Site) -> None:
    tenant = site.lab.cloud.tenant
    site.connect()
    application = site.registered

    def delete() -> None:
        tenant.remove_application(application)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 3, delete)
    report = back_up(site.application)
    paused(report, "no such application")
    assert site.refusals() == ["", "", "700016"]


def test_a_policy_that_forbids_the_sign_in_pauses(site: Site) -> None:
    tenant = site.lab.cloud.tenant
    site.connect()

    def forbid() -> None:
        tenant.block(app_id=site.registered.app_id)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 3, forbid)
    report = back_up(site.application)
    paused(report, "policy of the tenant blocks")
    assert site.refusals() == ["", "", "53003"]
    tenant.blocks.clear()
    complete(site, site.resume(report))


@pytest.mark.parametrize("troubles", [[503, 503], [429]])
def test_a_sign_in_server_that_is_ill_for_a_while_is_waited_for(
    site: Site, troubles: list[int]
) -> None:
    site.connect()

    def fall_ill() -> None:
        site.lab.cloud.directory.troubles.extend(troubles)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 3, fall_ill)
    complete(site, back_up(site.application))
    assert not site.lab.cloud.directory.troubles, "it was asked while it was ill"
    assert set(site.refusals()) == {""}


def test_a_claims_challenge_is_satisfied_in_silence_where_that_is_possible(site: Site) -> None:
    site.connect()
    principal = site.lab.cloud.tenant.principal(site.registered.app_id)
    assert principal is not None

    def challenge() -> None:
        # Continuous access evaluation: every token from before is to be had anew.
        site.clock.move(seconds=90)
        principal.valid_from = site.clock.now()

    site.online.before = at("ExportItems", 3, challenge)
    complete(site, back_up(site.application))
    assert site.refusals() == ["", "", ""]
    assert 1 <= site.online.refused <= SLOTS


def certificate(pair: KeyPair) -> Secret:
    parts = pair.modern
    return Secret(parts["public_certificate"] + parts["private_key"])


def test_a_certificate_that_was_taken_away_before_us_pauses(site: Site) -> None:
    site.connect(auth="certificate", client_secret=None, certificate=certificate(pair_of("old")))
    site.registered.certificates.clear()
    site.lab.cloud.tenant.add_certificate(site.registered, pair_of("old").certificate)

    def rotate() -> None:
        site.registered.certificates.clear()
        site.lab.cloud.tenant.add_certificate(site.registered, pair_of("new").certificate)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 6, rotate)
    report = back_up(site.application)
    paused(
        report,
        "perhaps it was rotated",
        "Certificates & secrets",
        "strongroom connection edit office --certificate PEM",
    )
    assert site.refusals() == ["", "", "700027"]
    edit = ConnectionEdit(certificate=certificate(pair_of("new")))
    site.application.connections.edit("office", edit)
    complete(site, site.resume(report))


def test_a_certificate_that_is_rotated_properly_disturbs_nobody(site: Site) -> None:
    tenant = site.lab.cloud.tenant
    tenant.add_certificate(site.registered, pair_of("old").certificate)
    site.connect(auth="certificate", client_secret=None, certificate=certificate(pair_of("old")))

    def rotate() -> None:
        tenant.add_certificate(site.registered, pair_of("new").certificate)
        edit = ConnectionEdit(certificate=certificate(pair_of("new")))
        site.application.connections.edit("office", edit)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 6, rotate)
    complete(site, back_up(site.application))
    assert site.refusals() == ["", "", ""]
    site.registered.certificates[:] = site.registered.certificates[-1:]
    site.clock.move(seconds=LIFE_S + 10)
    assert back_up(site.application)["totals"]["unchanged"] == ITEMS


_PAIRS: dict[str, KeyPair] = {}


def pair_of(name: str) -> KeyPair:
    """Make a key once: making one takes longer than all the rest."""
    if name not in _PAIRS:
        _PAIRS[name] = make_key_pair(name, days=30)
    return _PAIRS[name]


# A person's own mailbox


@dataclass
class Someone:
    """A person with a mailbox, a browser and an authenticator."""

    user: User
    screen: Screen
    items: int

    def prompt(self, prompt: SignInPrompt) -> None:
        """Sign in, with the second factor if it is asked for."""
        screen, user = self.screen, self.user
        page = screen.browser.open(prompt.url)
        shown = screen.browser.sign_in(page, user.upn, user.password)
        if not shown.sent and "otc" in shown.fields:
            code = screen.directory.factor_code(user)
            shown = screen.browser.submit(shown, otc=code, go="next")
        if not shown.sent:
            shown = screen.browser.submit(shown, go="accept")
        screen.come_back(shown.sent_to, shown.sent)

    def sign_in_for(self, site: Site) -> None:
        """Connect as this person under the name ``office``; the job keeps their mailbox."""
        client_id = site.known("for people").client_id
        details = site.online_details(auth="browser", client_id=client_id, client_secret=None)
        site.application.connections.add("office", details, prompt=self.prompt)
        add_job(site.application, self.user.upn)


@pytest.fixture
def someone(site: Site) -> Iterator[Someone]:
    """Give somebody who has a mailbox and a second factor."""
    cloud = site.lab.cloud
    mailbox = next(m for m in site.lab.estate.mailboxes if m.role == "user" and m.items)
    user = cloud.tenant.user(mailbox.address)
    assert user is not None
    context = ssl.create_default_context(cadata=site.lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        screen = Screen(Browser(pool, cloud.url), user, cloud.directory)
        made = Someone(user=user, screen=screen, items=site.items(mailbox.address))
        yield made
        screen.close()


def test_a_person_whose_sessions_were_revoked_signs_in_again_and_it_goes_on(
    site: Site, someone: Someone
) -> None:
    someone.sign_in_for(site)

    def revoke() -> None:
        site.clock.move(seconds=2)
        site.lab.cloud.tenant.revoke_sessions(someone.user)

    site.online.before = at("ExportItems", 4, revoke)
    report = back_up(site.application)
    paused(report, "revoked", "strongroom connection sign-in office")
    assert site.refusals().count("50173") == 1, (
        "each step signs in, and one request found out for all lines"
    )
    assert site.online.refused <= SLOTS

    site.application.connections.sign_in("office", someone.prompt)
    complete(site, site.resume(report), someone.items)


def test_consent_to_act_for_a_person_that_is_taken_back_pauses(
    site: Site, someone: Someone
) -> None:
    tenant = site.lab.cloud.tenant
    someone.sign_in_for(site)
    principal = tenant.principal(site.known("for people").client_id)
    assert principal is not None

    def revoke() -> None:
        tenant.revoke_consent(principal.app_id)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("ExportItems", 4, revoke)
    asked_before = len(site.refusals())
    report = back_up(site.application)
    paused(report, "no permission", "Grant admin consent")
    assert "connection sign-in" not in report["error"]["hint"], "their sign-in is as good as before"
    assert len(site.refusals()) <= asked_before + 4

    tenant.consent(principal, well_known.EXCHANGE, ["EWS.AccessAsUser.All"], user=None)
    complete(site, site.resume(report), someone.items)


def test_who_signs_in_again_before_the_run_notices_need_not_do_it_twice(
    site: Site, someone: Someone
) -> None:
    someone.sign_in_for(site)

    def revoke_and_sign_in_again() -> None:
        site.clock.move(seconds=2)
        site.lab.cloud.tenant.revoke_sessions(someone.user)
        site.clock.move(seconds=2)
        site.application.connections.sign_in("office", someone.prompt)

    site.online.before = at("ExportItems", 4, revoke_and_sign_in_again)
    report = back_up(site.application)
    paused(report, "revoked")
    complete(site, site.resume(report), someone.items)


def test_a_challenge_that_the_kept_sign_in_satisfies_stops_nothing(
    site: Site, someone: Someone
) -> None:
    someone.sign_in_for(site)

    def ask_for_more() -> None:
        site.lab.cloud.tenant.contexts[well_known.EXCHANGE] = "c1"

    site.online.before = at("ExportItems", 4, ask_for_more)
    complete(site, back_up(site.application), someone.items)
    assert "50076" not in site.refusals()
    assert site.online.refused <= SLOTS


def test_a_challenge_that_only_the_person_can_answer_pauses(site: Site, someone: Someone) -> None:
    someone.user.second_factor = "none"
    someone.sign_in_for(site)

    def ask_for_more() -> None:
        site.lab.cloud.tenant.contexts[well_known.EXCHANGE] = "c1"
        someone.user.second_factor = "code"

    site.online.before = at("ExportItems", 4, ask_for_more)
    report = back_up(site.application)
    paused(report, "second factor", "strongroom connection sign-in office")
    assert site.refusals().count("50076") == 1
    assert site.online.refused <= SLOTS

    site.application.connections.sign_in("office", someone.prompt)
    complete(site, site.resume(report), someone.items)


def test_who_signs_in_with_less_than_the_service_wants_is_asked_for_it_at_once(
    site: Site, someone: Someone
) -> None:
    someone.user.second_factor = "none"
    site.lab.cloud.tenant.contexts[well_known.EXCHANGE] = "c1"
    someone.sign_in_for(site)
    complete(site, back_up(site.application), someone.items)


# Restores


def test_a_restore_whose_own_application_is_refused_pauses_and_writes_nothing_twice(
    site: Site,
) -> None:
    tenant = site.lab.cloud.tenant
    restorer = tenant.applications[site.known("restore").client_id]
    tenant.add_certificate(restorer, pair_of("old").certificate)
    site.connect(restore_client_id=restorer.app_id, restore_certificate=certificate(pair_of("old")))
    complete(site, back_up(site.application))
    before = site.items(EMPTY)

    def rotate() -> None:
        restorer.certificates.clear()
        tenant.add_certificate(restorer, pair_of("new").certificate)
        site.clock.move(seconds=LIFE_S + 10)

    site.online.before = at("UploadItems", 4, rotate)
    order = RestoreOrder(storage="disk", resource=LARGE, connection="office", to=EMPTY)
    run, _ = site.application.restores.ask(order)
    report = wait(site.application, run)
    paused(
        report,
        "perhaps it was rotated",
        "strongroom connection edit office --restore-certificate PEM",
    )
    assert site.refusals().count("700027") == 1
    assert before < site.items(EMPTY) < before + ITEMS, "something had arrived"
    assert back_up(site.application)["status"] == "complete", "who backs up was not touched"

    edit = ConnectionEdit(restore_certificate=certificate(pair_of("new")))
    site.application.connections.edit("office", edit)
    report = site.resume(report)
    assert report["status"] == "complete", troubles_of(report)
    assert report["totals"]["saved"] == ITEMS
    assert site.items(EMPTY) == before + ITEMS


# On premises


def connect_onprem(site: Site, auth: str, name: str = "own") -> None:
    details = ConnectionDetails(
        kind=EXCHANGE_ONPREM,
        server=site.lab.ews_url,
        user=ADMINISTRATOR,
        password=Secret(site.lab.admin_password),
        auth=auth,
        ca_pem=site.lab.ca_pem.decode(),
    )
    site.application.connections.add(name, details)


@pytest.mark.parametrize(
    ("auth", "moment"), [("basic", ("ExportItems", 4)), ("ntlm", ("SyncFolderItems", 1))]
)
def test_a_password_that_is_changed_pauses_before_the_account_is_locked(
    site: Site, auth: str, moment: tuple[str, int]
) -> None:
    connect_onprem(site, auth, "office")
    add_job(site.application, LARGE)

    def change() -> None:
        site.lab.estate.set_password(ADMINISTRATOR, NEW_SECRET)

    site.onprem.before = at(*moment, change)
    report = back_up(site.application)
    paused(
        report,
        "refused the sign-in",
        "strongroom connection edit office --account-password-file FILE",
    )
    assert 1 < site.onprem.refused <= SLOTS + 2, "those on their way, and those that found out"

    wrong = site.resume(report)
    paused(wrong, "refused the sign-in")
    assert site.onprem.refused <= SLOTS + 4

    edit = ConnectionEdit(password=Secret(NEW_SECRET))
    site.application.connections.edit("office", edit)
    complete(site, site.resume(report))


def test_a_server_that_refuses_once_under_load_pauses_nothing(site: Site) -> None:
    connect_onprem(site, "basic", "office")
    add_job(site.application, LARGE)
    fault = Fault(kind=FaultKind.UNAUTHORIZED, operation="ExportItems", nth=3)
    site.lab.server.exchange.faults.add(fault)
    complete(site, back_up(site.application))
    assert site.lab.server.exchange.faults.unfired == []


def test_while_one_run_is_paused_another_goes_on(site: Site, tmp_path: Path) -> None:
    site.connect()
    connect_onprem(site, "basic")
    add_storage(site.application, site.clock, "other", tmp_path / "other")
    selection = BackupSelection(resources=(EMPTY,))
    site.application.jobs.add_backup("own", connection="own", storage="other", selection=selection)
    site.lab.cloud.tenant.expire_secrets(site.registered)
    first, _ = site.application.jobs.ask_run("nightly")
    second, _ = site.application.jobs.ask_run("own")
    assert wait(site.application, first)["status"] == "paused"
    assert wait(site.application, second)["status"] == "complete"


def test_a_process_that_dies_leaves_its_paused_run_paused(site: Site, tmp_path: Path) -> None:
    site.connect()
    site.lab.cloud.tenant.expire_secrets(site.registered)
    report = back_up(site.application)
    paused(report, "client secret has expired")
    asked = len(site.refusals())
    # Nobody closed the home before somebody else opened it, and works off what waits.
    with compose.open_application(tmp_path / "home", compose.real_ports(site.clock)) as later:
        connect = ConnectionEdit(client_secret=Secret(NEW_SECRET))
        later.connections.edit("office", connect)
        assert later.runs.show(report["id"])["status"] == "paused"
        assert later.runs.watch(report["id"], lambda _run: None).status == "paused"
        assert len(site.refusals()) == asked, "nobody tried again by themselves"
        site.lab.cloud.tenant.add_secret(site.registered, NEW_SECRET)
        complete(site, wait(later, later.runs.resume(report["id"])))
