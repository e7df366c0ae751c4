"""Bytes of files: in ranges, on from where a line broke, and never of two versions."""

from __future__ import annotations

import re
from random import Random

import pytest

from strongroom.errors import TransientError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.sharepoint import download
from strongroom.wire.sharepoint.download import Download, FileChanged, read_small
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, no

TARGET = "/sites/a/_api/web/GetFileById(guid'1')/$value"
CONTENT = Random(7).randbytes(300_000)


class Files:
    """Serves one file, and breaks the line off in the middle of so many answers."""

    def __init__(self, content: bytes = CONTENT, *, breaks: int = 0) -> None:
        self.content = content
        self.breaks = breaks
        self.knows_ranges = True
        self.etag = '"{A},1"'
        self.ranges: list[str] = []

    def __call__(self, request: Request) -> Response:
        asked = request.headers.get("range", "")
        self.ranges.append(asked)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked) if self.knows_ranges else None
        first, last = (int(found[1]), int(found[2])) if found else (0, len(self.content) - 1)
        body = self.content[first : last + 1]
        headers = [("ETag", self.etag)]
        if found:
            total = len(self.content)
            headers.append(("Content-Range", f"bytes {first}-{first + len(body) - 1}/{total}"))
        self.breaks -= 1
        status = 206 if found else 200
        return Response(status=status, headers=headers, body=body, cuts=self.breaks >= 0)


def test_a_small_file_is_one_request(server: LabServer, clock: HandClock) -> None:
    files = Files()
    with connected(server, clock, files) as rest:
        assert read_small(rest, TARGET) == CONTENT
    assert files.ranges == [""]


def test_a_large_file_comes_in_ranges(server: LabServer, clock: HandClock) -> None:
    files = Files()
    with connected(server, clock, files) as rest:
        found = b"".join(Download(rest, TARGET, range_bytes=100_000).pieces())
    assert found == CONTENT
    assert files.ranges == ["bytes=0-99999", "bytes=100000-199999", "bytes=200000-299999"]


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_line_that_breaks_is_gone_on_from_there(
    server: LabServer, clock: HandClock, *, knows_ranges: bool
) -> None:
    files = Files(breaks=2)
    files.knows_ranges = knows_ranges
    with connected(server, clock, files) as rest:
        found = b"".join(Download(rest, TARGET).pieces())
    assert found == CONTENT
    assert len(files.ranges) == 3
    starts = [int(one.partition("=")[2].partition("-")[0]) for one in files.ranges]
    assert 0 == starts[0] < starts[1] <= starts[2]


@pytest.mark.parametrize("change", ["etag", "length"])
def test_two_versions_are_never_mixed(server: LabServer, clock: HandClock, change: str) -> None:
    files = Files()
    with connected(server, clock, files) as rest:
        pieces = Download(rest, TARGET, range_bytes=100_000).pieces()
        next(pieces)
        if change == "etag":
            files.etag = '"{A},2"'
        else:
            files.content += b"more"
        with pytest.raises(FileChanged):
            list(pieces)


def test_an_empty_file_is_not_asked_for_in_ranges(server: LabServer, clock: HandClock) -> None:
    files = Files(b"")
    with connected(server, clock, files) as rest:
        assert list(Download(rest, TARGET, in_ranges=False).pieces()) == []
    assert files.ranges == [""]


def test_another_range_than_was_asked_for_is_not_believed(
    server: LabServer, clock: HandClock
) -> None:
    wrong = Response(status=206, headers=[("Content-Range", "bytes 5-9/10")], body=b"fghij")
    with connected(server, clock, Scripted(wrong)) as rest, pytest.raises(TransientError):
        list(Download(rest, TARGET).pieces())


def test_a_line_that_always_breaks_is_given_up(server: LabServer, clock: HandClock) -> None:
    files = Files(breaks=50, content=CONTENT * 40)
    files.knows_ranges = False
    with connected(server, clock, files) as rest, pytest.raises(TransientError):
        list(Download(rest, TARGET).pieces())
    assert len(files.ranges) <= 21


def test_a_file_that_is_gone_is_said_to_be(server: LabServer, clock: HandClock) -> None:
    gone = no(404, "-2147024894, System.IO.FileNotFoundException")
    with connected(server, clock, Scripted(gone)) as rest, pytest.raises(SiteRefused) as caught:
        list(Download(rest, TARGET).pieces())
    assert caught.value.status == 404


def test_a_file_that_was_small_and_has_grown_is_read_in_another_way(
    server: LabServer, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SMALL_BYTES_MAX", 1000)
    with connected(server, clock, Files()) as rest, pytest.raises(FileChanged):
        read_small(rest, TARGET)


def test_a_small_file_whose_line_breaks_is_gone_on_with(
    server: LabServer, clock: HandClock
) -> None:
    files = Files(breaks=1)
    with connected(server, clock, files) as rest:
        assert read_small(rest, TARGET) == CONTENT
    assert len(files.ranges) == 2
