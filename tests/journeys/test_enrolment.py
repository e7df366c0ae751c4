"""From an administrator at a browser to a backup: registered, used, renewed; and a person's own."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import urllib3

from strongroom.lab.entra.words import User
from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.fakes.canaries import found_below, found_in
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom
from tests.journeys.test_service import service
from tests.lab_entra.browser import Browser
from tests.lab_entra.certificates import make_key_pair
from tests.lab_entra.screen import Screen

LARGE, EMPTY = "large@lab.example", "empty@lab.example"
_ADDRESS = re.compile(r"https://\S+/authorize\?\S+")


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    return open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=6, item_bytes=1024),)))


class Desk:
    """Somebody who starts a command, and follows the address that it prints with a browser."""

    def __init__(self, strongroom: Strongroom, lab: Lab, pool: urllib3.PoolManager) -> None:
        self.strongroom, self.lab = strongroom, lab
        self._browser = Browser(pool, lab.cloud.url)
        (strongroom.folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
        self.place = (
            "--tenant", lab.cloud.tenant.id,
            "--endpoints", strongroom.folder / "endpoints.json",
            "--ca-file", strongroom.folder / "ca.pem",
        )  # fmt: skip
        self.told = ""
        self.running: subprocess.Popen[str] | None = None

    def __call__(self, user: User, *words: object, expect: int = 0) -> Any:
        screen = Screen(self._browser, user, self.lab.cloud.directory)
        lines: list[str] = []
        follower: Thread | None = None
        with subprocess.Popen(
            self.strongroom.command(*words, "--json"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as started:
            self.running = started
            assert started.stdout is not None
            assert started.stderr is not None
            for line in started.stderr:
                lines.append(line)
                if follower is None and (found := _ADDRESS.search(line)):
                    follower = Thread(target=screen.open, args=(found[0],))
                    follower.start()
            answer = started.stdout.read()
            code = started.wait(timeout=120)
        if follower is not None:
            follower.join(timeout=30)
        screen.close()
        self.told = "".join(lines)
        assert code == expect, (answer, self.told)
        return json.loads(answer) if answer else None


@pytest.fixture
def desk(strongroom: Strongroom, lab: Lab) -> Iterator[Desk]:
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        yield Desk(strongroom, lab, pool)


def test_what_is_registered_without_ews_backs_up_by_graph(
    strongroom: Strongroom, lab: Lab, desk: Desk
) -> None:
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    made = desk(lab.cloud.admin, "connection", "register", "exchange-online", "office", *desk.place)
    (backup,) = made["registration"]["applications"]
    assert "full_access_as_app" not in json.dumps(backup)
    tested = strongroom("connection", "test", "office", "--mailbox", LARGE)
    outcomes = {one["name"]: one["outcome"] for one in tested["capabilities"]}
    assert outcomes["graph-export"] == "proved"
    assert outcomes["graph-import"] == "not-applicable", "it was registered to back up only"
    assert "ews" not in outcomes
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    done = strongroom("job", "run", "nightly", "--wait")
    assert (done["status"], done["totals"]["saved"]) == ("complete", 6)


def test_an_administrator_registers_and_the_connection_backs_up_restores_and_is_renewed(
    strongroom: Strongroom, lab: Lab, desk: Desk
) -> None:
    admin = lab.cloud.admin
    made = desk(
        admin, "connection", "register", "exchange-online", "office", *desk.place,
        "--with-restore", "--with-ews",
    )  # fmt: skip
    backup, restore = made["registration"]["applications"]
    assert (made["client_id"], made["restore_client_id"]) == (
        backup["client_id"],
        restore["client_id"],
    )
    assert made["registration"]["administrator"] == admin.upn
    assert "Microsoft Graph Command Line Tools" in made["registration"]["signed_in_through"]
    tested = strongroom("connection", "test", "office", "--mailbox", LARGE)
    outcomes = {one["name"]: one["outcome"] for one in tested["capabilities"]}
    assert "missing" not in set(outcomes.values()), outcomes
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    done = strongroom("job", "run", "nightly", "--wait")
    assert (done["status"], done["totals"]["saved"]) == ("complete", 6)
    asked_before = len(lab.cloud.directory.deeds)
    back = strongroom(
        "restore", "disk", LARGE, "--to", EMPTY, "--connection", "office", "--wait"
    )  # fmt: skip
    assert back["status"] == "complete"
    signed_in = {deed.app_id for deed in lab.cloud.directory.deeds[asked_before:]}
    assert signed_in == {restore["client_id"]}

    renewed = desk(admin, "connection", "renew-certificate", "office")
    assert renewed["registration"]["applications"][0]["certificate"] != backup["certificate"]
    assert strongroom("job", "run", "nightly", "--wait")["status"] == "complete"

    with lab.cloud.directory.lock:
        tokens = [*lab.cloud.directory.refresh_tokens, lab.cloud.admin_password]
    assert found_below(strongroom.folder / "home", tokens) == []
    assert found_in(json.dumps([made, renewed]).encode() + desk.told.encode(), tokens) == []


def test_killed_in_the_middle_it_is_begun_again_through_the_service_and_goes_on(
    strongroom: Strongroom, lab: Lab, desk: Desk
) -> None:
    register = ("connection", "register", "exchange-online", "office", *desk.place)
    answer = lab.cloud.graph.answer
    before = set(lab.cloud.tenant.applications)

    def kill(request: Request) -> Response:
        if request.method == "POST" and request.path.endswith("/servicePrincipals"):
            lab.cloud.server.pages["/graph/"] = answer
            assert desk.running is not None
            desk.running.kill()
        return answer(request)

    lab.cloud.server.pages["/graph/"] = kill
    desk(lab.cloud.admin, *register, expect=-signal.SIGKILL)
    assert [one["name"] for one in strongroom("connection", "list")] == ["lab"]
    with service(strongroom):
        made = desk(lab.cloud.admin, *register)
    (application,) = made["registration"]["applications"]
    assert application["was_there"]
    assert {application["client_id"]} == set(lab.cloud.tenant.applications) - before
    assert [one["name"] for one in strongroom("connection", "list")] == ["lab", "office"]


def test_a_person_signs_in_for_their_own_mailbox_and_nobody_else_in_their_place(
    strongroom: Strongroom, lab: Lab, desk: Desk
) -> None:
    owner = lab.cloud.tenant.user(LARGE)
    other = lab.cloud.tenant.user(EMPTY)
    assert owner is not None
    assert other is not None
    people = lab.cloud.applications[2].client_id
    made = desk(
        owner, "connection", "add", "exchange-online", "mine", *desk.place,
        "--client-id", people, "--sign-in", "browser",
    )  # fmt: skip
    assert made["owners"] == [f"entra:{lab.cloud.tenant.id}:{owner.id}"]
    strongroom(
        "job", "add", "backup", "mine", "--connection", "mine", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    assert strongroom("job", "run", "mine", "--wait")["totals"]["saved"] == 6
    desk(other, "connection", "sign-in", "mine", expect=2)
    assert "belongs to another account" in desk.told
    assert desk(owner, "connection", "sign-in", "mine")["user"] == owner.upn
    assert strongroom("job", "run", "mine", "--wait")["status"] == "complete"


def test_the_script_is_printed_for_who_may_not_sign_in_here(strongroom: Strongroom) -> None:
    parts = make_key_pair("backup", days=30).modern
    pem = strongroom.secret("backup.pem", parts["public_certificate"] + parts["private_key"])
    printed = strongroom(
        "connection", "script", "exchange-online", "--tenant", "lab.example",
        "--certificate", pem, "--only-mailbox", LARGE,
    )  # fmt: skip
    assert "PRIVATE KEY" not in printed["script"]
    assert f"EmailAddresses -eq ''{LARGE}''" in printed["script"]
    ended = strongroom.run("connection", "script", "exchange-online", "--tenant", "lab.example")
    assert (ended.code, "--certificate" in ended.stderr) == (2, True)
