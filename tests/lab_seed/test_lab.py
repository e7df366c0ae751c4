"""The running lab: who gets in, where it listens, what it counts, what it leaves behind."""

from __future__ import annotations

import base64
import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from typer.testing import CliRunner

from strongroom.cli.lab import app
from strongroom.errors import OperatorError
from strongroom.lab.lab import ADMINISTRATOR, Lab, count_items
from tests.fakes.canaries import found_in

SCRIPT = "from strongroom.cli.lab import app; app()"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


def get(lab: Lab, path: str, user: str = "", password: str = "") -> tuple[int, Any]:
    headers = {}
    if user:
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {secret}"
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        answer = pool.request("GET", lab.url + path, headers=headers)
        return answer.status, json.loads(answer.data) if answer.status == 200 else None


def test_every_start_has_passwords_and_an_authority_of_its_own(lab: Lab) -> None:
    other = Lab()
    addresses = [mailbox.address for mailbox in lab.estate.mailboxes]

    assert [mailbox.address for mailbox in other.estate.mailboxes] == addresses
    assert other.ca_pem != lab.ca_pem
    assert other.admin_password != lab.admin_password
    assert all(other.password(address) != lab.password(address) for address in addresses)
    other.stop()


def test_it_listens_on_loopback_only(lab: Lab) -> None:
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with (
        socket.create_connection(("127.0.0.1", lab.server.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        assert secured.getpeername() == ("127.0.0.1", lab.server.port)
    listening = lab.server._https._tcp

    assert listening is not None
    assert listening.socket.getsockname()[0] == "127.0.0.1"


def test_nobody_who_does_not_know_the_authority_trusts_it(lab: Lab) -> None:
    with (
        urllib3.PoolManager(retries=False) as pool,
        pytest.raises(urllib3.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        pool.request("GET", lab.url)


def test_the_administrator_reads_the_counters(lab: Lab) -> None:
    status, outgoing = get(lab, "/lab/outgoing", ADMINISTRATOR, lab.admin_password)
    assert status == 200
    assert outgoing == {"count": 0, "mails": []}

    status, requests = get(lab, "/lab/requests", ADMINISTRATOR, lab.admin_password)
    assert status == 200
    assert requests["count"] == sum(requests["operations"].values())


def test_outgoing_mail_is_told_with_who_and_why() -> None:
    with Lab() as lab:
        sender = next(box for box in lab.estate.mailboxes if box.items)
        lab.estate.send(sender, sender.items[0], ("x@customer.example",), why="a test")
        _, outgoing = get(lab, "/lab/outgoing", ADMINISTRATOR, lab.admin_password)

    assert outgoing["count"] == len(lab.outgoing) == 1
    (mail,) = outgoing["mails"]
    assert mail["sender"] == sender.address
    assert mail["to"] == ["x@customer.example"]
    assert mail["why"] == "a test"


def test_nobody_else_reads_the_counters(lab: Lab) -> None:
    user = lab.cast.users[0].address

    assert get(lab, "/lab/outgoing")[0] == 401
    assert get(lab, "/lab/outgoing", ADMINISTRATOR, "wrong")[0] == 401
    assert get(lab, "/lab/outgoing", user, lab.password(user))[0] == 401
    assert get(lab, "/lab/other", ADMINISTRATOR, lab.admin_password)[0] == 404
    assert get(lab, "/elsewhere", ADMINISTRATOR, lab.admin_password)[0] == 404


def test_the_ready_document_tells_how_to_sign_in_to_the_tenant(lab: Lab, tmp_path: Path) -> None:
    document: Any = lab.ready_document(tmp_path / "ca.pem")

    entra = document["entra"]
    assert document["endpoints"] == {
        "authority": entra["authority"],
        "graph": document["graph"]["url"],
        "ews": document["exchange_online"]["ews_url"].removesuffix("/EWS/Exchange.asmx"),
        "sharepoint": document["sharepoint"]["url"],
    }
    assert entra["admin"] == {
        "user": lab.cloud.admin.upn,
        "password": lab.cloud.admin_password,
    }
    known = lab.cloud.tenant.applications
    for told in entra["applications"]:
        application = known[told["client_id"]]
        assert application.is_public == (told["client_secret"] is None)
        assert [one.value for one in application.secrets] == (
            [] if application.is_public else [told["client_secret"]]
        )
    assert [site["url"] for site in document["sharepoint"]["sites"]] == [
        one.url.rstrip("/") for one in lab.cloud.tenant.reach.sites.values()
    ]


def test_the_ready_document_tells_who_can_sign_in_and_how_much_they_have(
    lab: Lab, tmp_path: Path
) -> None:
    document: Any = lab.ready_document(tmp_path / "ca.pem")

    assert document["exchange"]["ews_url"] == lab.ews_url
    assert document["admin"] == {"user": ADMINISTRATOR, "password": lab.admin_password}
    for entry, mailbox in zip(document["mailboxes"], lab.estate.mailboxes, strict=True):
        assert entry["address"] == mailbox.address
        assert entry["items"] == count_items(mailbox)
        if mailbox.role != "disabled":
            assert lab.estate.sign_in(entry["address"], entry["password"]) is not None
    assert {"address": "empty@lab.example", "items": 0}.items() <= document["mailboxes"][-1].items()


def test_the_lab_stops_and_can_be_stopped_again() -> None:
    lab = Lab().start()
    port = lab.server.port
    lab.stop()
    lab.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def serve(folder: Path, *words: str) -> tuple[subprocess.Popen[str], Path]:
    ready = folder / "ready.json"
    command = [sys.executable, "-c", SCRIPT, "serve", "--ready-file", str(ready), *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder)
    return process, ready


def announced(process: subprocess.Popen[str]) -> str:
    """Read until the lab says that it answers: the last thing it does before it waits."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("The lab answers"):
            return "".join(lines)
    raise AssertionError("".join(lines))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_it_and_every_file_it_made_is_gone(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process, ready = serve(tmp_path)
    with process:
        try:
            told = announced(process)
            document = json.loads(ready.read_text())
            passwords = [one["password"] for one in (document["admin"], *document["mailboxes"])]
            assert len(passwords) > 5
            assert found_in(told.encode(), passwords) == [], "they are told in the file alone"
            assert stat.S_IMODE(ready.stat().st_mode) == 0o600
            assert Path(document["ca_file"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE")
            process.send_signal(number)
            assert process.wait(timeout=60) == code
        finally:
            process.kill()

    assert list(tmp_path.iterdir()) == []


def test_it_tells_what_of_an_archive_it_could_not_read_and_fills_bulk_mailboxes(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    archive = tmp_path / "mail.zip"
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("in/a.eml", b"Subject: x\r\n\r\nHi\r\n")
        package.writestr("in/b\x1b[31m.xyz", b"?")
    papers = tmp_path / "papers.zip"
    with zipfile.ZipFile(papers, "w") as package:
        package.writestr("in/a.txt", b"a")
        package.writestr("in/b.bat", b"b")
    words = (
        *("--mail", str(archive), "--bulk", "b@lab.example:7:9000:2", "--weather", "breezy"),
        *("--documents", str(papers)),
    )
    process, ready = serve(folder, *words)
    with process:
        try:
            said = announced(process)
            document = json.loads(ready.read_text())
            process.terminate()
            process.wait(timeout=60)
        finally:
            process.kill()
    items = {entry["address"]: entry["items"] for entry in document["mailboxes"]}

    assert items["mail@lab.example"] == 1
    assert items["b@lab.example"] == 7
    for face, count in (("sharepoint", 2), ("sharepoint_server", 1)):
        sites = {one["url"].rpartition("/")[2]: one for one in document[face]["sites"]}
        assert sites["papers"]["documents"] == count
        assert sites["marketing"]["items"] > 200
    assert "in/b.bat" in said
    assert r"in/b\x1b[31m.xyz" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--documents", "d.zip"], "d.zip"),
        (["--bulk", "nonsense"], "--bulk"),
        (["--weather", "hail"], "hail"),
        (["--mail", "missing.zip"], "missing.zip"),
        (["--ready-file", "no/such/folder/ready.json"], "ready.json"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(words: list[str], what: str) -> None:
    result = CliRunner().invoke(app, ["serve", *words])

    assert isinstance(result.exception, OperatorError)
    assert what in result.exception.what
    assert result.exception.hint
