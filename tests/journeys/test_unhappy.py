"""What goes wrong gets one clear message, the documented exit code, and loses nothing."""

from __future__ import annotations

import datetime as dt
import os
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Ended, Strongroom

LARGE = "large@lab.example"


def complains(ended: Ended, code: int, *words: str) -> None:
    """One message of a few lines: what, why, what to do; no traceback."""
    assert ended.code == code, (ended.code, ended.stdout, ended.stderr)
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("Error: ") == 1, ended.stderr
    assert "  hint: " in ended.stderr, ended.stderr
    assert len(ended.stderr.splitlines()) < 25, ended.stderr
    for word in words:
        assert word.casefold() in ended.stderr.casefold(), ended.stderr


def fullest(lab: Lab) -> Mailbox:
    return max(lab.estate.mailboxes, key=lambda mailbox: len(mailbox.items))


def reconnect(strongroom: Strongroom, lab: Lab, folder: Path, *, password: str = "") -> None:
    """Connect as the mailbox's owner or with another password, under the name ``other``."""
    strongroom.connect(
        lab.ews_url, folder / "ca.pem", "backup-service@lab.example", password, name="other"
    )


def test_a_wrong_password(strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path) -> None:
    lab = open_lab(Wishes(seed=2))
    reconnect(strongroom, lab, tmp_path, password="wrong")
    complains(strongroom.run("connection", "test", "other"), 2, "password")
    complains(strongroom.run("resources", "other"), 2, "password")


def test_an_unknown_server(strongroom: Strongroom, tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    strongroom.connect(f"https://localhost:{port}", tmp_path / "ca.pem", "u", "p")
    complains(strongroom.run("connection", "test", "lab"), 5, "localhost")


def test_a_server_name_that_does_not_exist(strongroom: Strongroom, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    strongroom.connect("https://mail.invalid", tmp_path / "ca.pem", "u", "p")
    complains(strongroom.run("connection", "test", "lab"), 5, "mail.invalid")


@contextmanager
def tls_server(certificate: trustme.LeafCert) -> Iterator[int]:
    """Take TLS connections on loopback and say nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock:
                    try:
                        context.wrap_socket(sock, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            # Closing does not wake a thread that waits in accept; a last connection does.
            listener.shutdown(2)
            thread.join(10)


def test_an_expired_certificate(strongroom: Strongroom, tmp_path: Path) -> None:
    authority = trustme.CA()
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    expired = authority.issue_cert("localhost", not_after=long_ago)
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    with tls_server(expired) as port:
        strongroom.connect(f"https://localhost:{port}", tmp_path / "ca.pem", "u", "p")
        complains(strongroom.run("connection", "test", "lab"), 5, "expired")


def test_a_certificate_of_an_unknown_authority(strongroom: Strongroom, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    with tls_server(trustme.CA().issue_cert("localhost")) as port:
        strongroom.connect(f"https://localhost:{port}", tmp_path / "ca.pem", "u", "p")
        complains(strongroom.run("connection", "test", "lab"), 5, "--ca-file")


def test_an_unknown_mailbox(strongroom: Strongroom, open_lab: OpenLab) -> None:
    open_lab(Wishes(seed=2))
    words = ("--connection", "lab", "--storage", "disk", "--resource", "nobody@lab.example")
    added = strongroom.run("job", "add", "backup", "none", *words)
    ended = added if added.code else strongroom.run("job", "run", "none", "--wait")
    complains(ended, 2, "nobody@lab.example")


def test_denied_rights_name_the_role_that_is_missing(
    strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(seed=2))
    one, other = [m for m in lab.estate.mailboxes if m.role == "user"][:2]
    strongroom.connect(
        lab.ews_url, tmp_path / "ca.pem", one.address, lab.password(one.address), name="plain"
    )
    words = ("--connection", "plain", "--storage", "disk", "--resource", other.address)
    added = strongroom.run("job", "add", "backup", "denied", *words)
    ended = added if added.code else strongroom.run("job", "run", "denied", "--wait")
    complains(ended, 2, "ApplicationImpersonation")


def test_a_damaged_repository_is_loud_and_left_alone(
    strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(seed=2))
    address = fullest(lab).address
    strongroom.back_up("one", address)
    packs = sorted((tmp_path / "storage-disk" / "repositories").rglob("data/??/*"))
    largest = max(packs, key=lambda path: path.stat().st_size)
    largest.chmod(0o600)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    for words in (("storage", "check", "disk", "--read-data"), ("verify", "disk")):
        ended = strongroom.run(*words)  # each piece of damage is a finding of its own
        assert ended.code == 4, ended
        assert "Error: " in ended.stderr
        assert address in ended.stderr or "Error: mailbox/" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert largest.read_bytes() == bytes(data)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="NOT SHOWN: needs a small disk")
def test_a_full_disk_stops_the_run_and_what_was_saved_stays(
    strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(seed=2))
    address = fullest(lab).address
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip("NOT SHOWN: this machine lets nobody mount a small disk")
    try:
        strongroom("storage", "add", "small", small, "--password-file", strongroom.storage_password)
        strongroom("job", "add", "backup", "tight", "--connection", "lab", "--storage", "small",
                   "--resource", address)  # fmt: skip
        complains(strongroom.run("job", "run", "tight", "--wait"), 2, "full")
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        document = strongroom("job", "run", "tight", "--wait")
        assert document["status"] == "complete"
    finally:
        subprocess.run(["umount", str(small)], check=True)


TROUBLE = (
    Fault(kind=FaultKind.CUT, operation="ExportItems", nth=1),
    Fault(kind=FaultKind.TRUNCATED_EXPORT, operation="ExportItems", nth=3),
    Fault(kind=FaultKind.BATCH_STOPPED, operation="ExportItems", nth=5),
    Fault(kind=FaultKind.CUT, operation="SyncFolderItems", nth=2),
    Fault(kind=FaultKind.BUSY, operation="SyncFolderItems", nth=4, seconds=0.2),
    Fault(kind=FaultKind.BUSY_IN_BODY, operation="ExportItems", nth=6, seconds=0.2),
    Fault(kind=FaultKind.UNAVAILABLE, operation="SyncFolderItems", nth=6, seconds=1),
    Fault(kind=FaultKind.SOAP_FAULT_200, operation="SyncFolderItems", nth=8),
    Fault(kind=FaultKind.INTERNAL_PAGE, operation="SyncFolderItems", nth=10),
)


@pytest.mark.in_process
def test_half_answers_and_a_busy_server_lose_nothing(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=400, item_bytes=2048),)))
    for fault in TROUBLE:
        lab.server.exchange.faults.add(fault)
    document = strongroom.back_up("one", LARGE)
    assert document["status"] == "complete", document
    assert document["totals"]["saved"] == document["totals"]["on_server"] >= 400
    assert document["totals"]["throttled"] >= 1
    assert lab.server.exchange.faults.unfired == []
    strongroom("verify", "disk")


def test_an_item_that_the_server_cannot_read_is_named_in_this_ledger_and_the_next(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=20, item_bytes=2048),)))
    lab.server.exchange.faults.add(Fault(kind=FaultKind.ITEM_CORRUPT, operation="ExportItems"))
    for _ in range(2):
        document = strongroom.back_up("one", LARGE, expect=3)
        assert document["status"] == "partial"
        (short,) = [
            one
            for task in document["tasks"]
            for folder in task["folders"]
            for one in (*folder["failed"], *folder["skipped"])
        ]
        assert short["code"] == "ErrorItemCorrupt"
        assert short["name"]


@pytest.mark.in_process
def test_a_lost_answer_to_an_upload_brings_no_item_twice(
    strongroom: Strongroom, open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server is left alone for half a minute before it is asked what became of a lost upload.
    rests = threading.Event()
    monkeypatch.setattr(SystemClock, "sleep", lambda _, wait_s: rests.wait(min(wait_s, 0.05)))
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=120, item_bytes=2048),)))
    strongroom.back_up("one", LARGE)
    for nth, kind in ((1, FaultKind.DROP), (2, FaultKind.CUT), (3, FaultKind.REFUSE)):
        lab.server.exchange.faults.add(Fault(kind=kind, operation="UploadItems", nth=nth))
    back = strongroom(
        "restore", "disk", LARGE, "--connection", "lab", "--to", "empty@lab.example", "--wait"
    )
    assert back["status"] == "complete", back
    assert lab.server.exchange.faults.unfired == []
    empty = lab.estate.mailbox("empty@lab.example")
    large = lab.estate.mailbox(LARGE)
    assert empty is not None
    assert large is not None
    assert Counter(i.subject for i in empty.items) == Counter(i.subject for i in large.items)
