"""Ways to a server: by NTLM, looked up by Autodiscover, and with details behind a password."""

from __future__ import annotations

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.bulk import Load
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

LARGE = "large@lab.example"
GUARD = canary("what guards the details")


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    return open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=12, item_bytes=1024),)))


def add(strongroom: Strongroom, lab: Lab, name: str, *words: object, password: str = "") -> object:
    file = strongroom.secret(f"{name}-password", password or lab.admin_password)
    return strongroom(
        "connection", "add", "exchange-onprem", name, "--user", ADMINISTRATOR,
        "--account-password-file", file, "--ca-file", strongroom.folder / "ca.pem", *words,
    )  # fmt: skip


def back_up(strongroom: Strongroom, connection: str, *words: object, expect: int = 0) -> None:
    strongroom(
        "job", "add", "backup", connection, "--connection", connection, "--storage", "disk",
        "--resource", LARGE, *words, expect=expect,
    )  # fmt: skip


def test_a_server_that_takes_ntlm_only_is_backed_up_and_restored(
    strongroom: Strongroom, lab: Lab
) -> None:
    lab.server.exchange.quirks = Quirks(sign_in_schemes=("NTLM",))
    add(strongroom, lab, "windows", "--server", lab.ews_url, "--auth", "ntlm")
    back_up(strongroom, "windows")
    done = strongroom("job", "run", "windows", "--wait")
    assert (done["status"], done["totals"]["saved"]) == ("complete", 12)
    to_empty = ("--to", "empty@lab.example", "--connection", "windows", "--wait")
    assert strongroom("restore", "disk", LARGE, *to_empty)["status"] == "complete"


def test_a_wrong_password_by_ntlm_is_one_clear_message(strongroom: Strongroom, lab: Lab) -> None:
    add(strongroom, lab, "wrong", "--server", lab.ews_url, "--auth", "ntlm", password="another")
    ended = strongroom.run("connection", "test", "wrong")
    assert ended.code == 2
    assert ended.stderr.count("Error:") == 1
    assert "hint:" in ended.stderr
    assert "another" not in ended.stdout + ended.stderr


def test_basic_is_never_given_to_a_server_that_was_to_get_ntlm(
    strongroom: Strongroom, lab: Lab
) -> None:
    lab.server.exchange.quirks = Quirks(sign_in_schemes=("Basic",))
    add(strongroom, lab, "windows", "--server", lab.ews_url, "--auth", "ntlm")
    before = lab.server.exchange.requests.total()
    assert strongroom.run("connection", "test", "windows").code == 2
    assert lab.server.exchange.requests.total() == before


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_a_server_is_found_by_a_mailbox_s_address(
    strongroom: Strongroom, lab: Lab, auth: str
) -> None:
    where = ("--autodiscover", LARGE, "--server", lab.url)
    found = add(strongroom, lab, "found", "--auth", auth, *where)
    assert isinstance(found, dict)
    assert (found["server"], found["autodiscover"]) == (lab.ews_url, LARGE)
    assert strongroom("connection", "test", "found")["url"] == lab.ews_url


def test_without_a_server_nothing_is_added(strongroom: Strongroom, lab: Lab) -> None:
    file = strongroom.secret("password", lab.admin_password)
    ended = strongroom.run(
        "connection", "add", "exchange-onprem", "nowhere", "--user", "u",
        "--account-password-file", file,
    )  # fmt: skip
    assert (ended.code, "--autodiscover" in ended.stderr) == (2, True)
    assert [one["name"] for one in strongroom("connection", "list")] == ["lab"]


def test_guarded_details_are_shut_and_jobs_on_them_run_without_a_password(
    strongroom: Strongroom, lab: Lab
) -> None:
    guard = strongroom.secret("guard", GUARD)
    wrong = strongroom.secret("wrong-guard", canary("not this one"))
    add(strongroom, lab, "guarded", "--server", lab.ews_url, "--password-file", guard)
    for words in (("connection", "show"), ("connection", "edit")):
        assert strongroom.run(*words, "guarded").code == 2
        assert strongroom.run(*words, "guarded", "--password-file", wrong).code == 2
    assert strongroom("connection", "show", "guarded", "--password-file", guard)["is_guarded"]
    listed = next(one for one in strongroom("connection", "list") if one["name"] == "guarded")
    assert (listed["is_locked"], listed["server"], listed["user"]) == (True, "", "")
    back_up(strongroom, "guarded", expect=2)
    back_up(strongroom, "guarded", "--password-file", guard)
    assert strongroom("job", "run", "guarded", "--wait")["status"] == "complete"
    in_place = ("--connection", "guarded", "--to", "empty@lab.example", "--wait")
    assert strongroom.run("restore", "disk", LARGE, *in_place).code == 2
    back = strongroom("restore", "disk", LARGE, *in_place, "--password-file", guard)
    assert back["status"] == "complete"
    told = [path.read_bytes() for path in strongroom.home.rglob("*") if path.is_file()]
    for secret in (GUARD, lab.admin_password):
        assert not any(secret.encode() in data for data in told)


def test_what_an_account_lacks_is_told_with_the_command_that_grants_it(
    strongroom: Strongroom, lab: Lab
) -> None:
    file = strongroom.secret("poor-password", lab.password(LARGE))
    strongroom(
        "connection", "add", "exchange-onprem", "poor", "--user", LARGE, "--server", lab.ews_url,
        "--account-password-file", file, "--ca-file", strongroom.folder / "ca.pem",
    )  # fmt: skip
    told = strongroom("connection", "test", "poor", "--mailbox", "empty@lab.example", expect=2)
    found = {one["name"]: one for one in told["capabilities"]}
    assert found["sign-in"]["outcome"] == "proved"
    for name, role in (("impersonation", "ApplicationImpersonation"), ("directory", "Discovery")):
        assert found[name]["outcome"] == "missing"
        assert role in found[name]["remedy"]
    assert told["resources"] is None
    person = lab.estate.mailboxes[0].address
    rich = strongroom("connection", "test", "lab", "--mailbox", person)
    outcomes = {one["name"]: one["outcome"] for one in rich["capabilities"]}
    assert "missing" not in outcomes.values()
    assert outcomes["impersonation"] == outcomes["export"] == outcomes["upload"] == "proved"
    assert rich["resources"] > 3
