"""How fast a connection is, written for a person."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.words.speed import Answers, Download, Finding, Rate, SpeedReport


def told(speed: SpeedReport) -> Iterator[str]:
    """Write a report about speed, line by line; nothing if nothing was measured."""
    for line in speed.lines:
        parts = [
            f"{what} {spread.told()}"
            for what, spread in (("connect", line.connect), ("TLS", line.tls))
            if spread is not None
        ]
        yield f"line: {line.at}: {', '.join(parts) or 'not measured'}"
    for one in speed.answers:
        yield _answers(one)
    if speed.download is not None:
        yield _download(speed.download, speed.bandwidth_bytes_s)
    for rate in speed.rates:
        yield _rate(rate)
    for finding in speed.findings:
        yield from _finding(finding)


def _answers(one: Answers) -> str:
    server = f", the server's own work {one.server.told()}" if one.server else ""
    return f"answer: {one.at}: {one.of}: {one.whole.told()}{server}"


def _download(one: Download, bandwidth: int | None) -> str:
    carried = f"; one connection carried {bandwidth / 1e6:.1f} MB/s" if bandwidth else ""
    return f"read: {one.items} items, {one.byte_count:,} bytes, in {one.requests} requests{carried}"


def _rate(one: Rate) -> str:
    return (
        f"likely: {one.slots} slot{'' if one.slots == 1 else 's'}: {one.items_s_low:,.1f} to"
        f" {one.items_s_high:,.1f} items/s, {one.bytes_h_low / 1e9:,.1f} to"
        f" {one.bytes_h_high / 1e9:,.1f} GB/h, limited by {one.limited_by}. {one.why}"
    )


def _finding(one: Finding) -> Iterator[str]:
    yield f"finding: {one.code}: {one.text}"
    if one.remedy:
        yield f"  what helps: {one.remedy}"
    for line in one.private:
        yield f"  {line}"
    for line in one.commands:
        yield f"  {line}"
