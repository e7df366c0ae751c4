"""A report for whoever helps: it tells what was tried, and neither whose nor where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.clock import Clock
from strongroom.errors import AccessDenied
from strongroom.service.application import Application
from strongroom.service.connections import Diagnosis
from strongroom.service.locks import Locked
from strongroom.service.redacting import without_addresses
from strongroom.service.rights import Right, Role
from strongroom.vault.secret import Secret
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.diagnosis import Step
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from strongroom.words.speed import Finding, Line, SpeedReport, Spread
from tests.fakes.canaries import found_in
from tests.fakes.mail_server import PASSWORD, SERVER, FakeServer, World, details
from tests.service.support import acting, audited, caller

PRIVATE = [SERVER, "backup@example", "ann@example", "EXCH01", "10.1.2.3", "Board of Ann", PASSWORD]
LINE = [
    Step(
        name="name", at="server", is_well=True, took_ms=1.0,
        detail="Known: it has 1 address(es), IPv4.", private=f"{SERVER} is 10.1.2.3.",
    ),
    Step(
        name="tls", at="server", is_well=False, took_ms=2.0, exit_code=5,
        detail=f"ServerUnreachable: {SERVER} at 10.1.2.3 shows a certificate for x.other.example.",
        private="Issued for EXCH01.",
    ),
]  # fmt: skip


CONNECTED = Line(at="server", connect=Spread(median_ms=8, lowest_ms=7, highest_ms=9, count=5))
COMMAND = "Set-ThrottlingPolicyAssociation -Identity $account -ThrottlingPolicy StrongroomBackup"


class Told(FakeServer):
    """A server that gives names away wherever it can."""

    def facts(self) -> Mapping[str, Json]:
        return {
            "product": "Exchange Server", "round_trip_ms": 4.2, "back_end": "EXCH01",
            "user": "backup@example", "site": "Board of Ann",
        }  # fmt: skip

    def capabilities(self, mailbox: str | None) -> Sequence[Capability]:
        return [
            Capability(
                name="export", outcome=CapabilityOutcome.MISSING,
                detail=f"Not on {mailbox}.", remedy="New-ManagementRole -User backup@example",
            )
        ]  # fmt: skip

    def speed(self, mailbox: str | None, lines: Sequence[Line], clock: Clock) -> SpeedReport:
        clock.sleep(3)
        found = Finding(
            code="throttling-policy", text=f"Of 2 answers, slipped: {mailbox}.", remedy="Paste.",
            commands=(COMMAND,), private=("$account = 'backup@example'", "From EXCH01."),
        )  # fmt: skip
        return SpeedReport(requests=17, lines=tuple(lines), findings=(found,))

    def resources(self) -> Iterator[Resource]:
        raise AccessDenied(
            "backup@example may not list.", why=f"{SERVER} (EXCH01.corp.example) says no."
        )


@pytest.fixture
def told(world: World, new_home: Path) -> Iterator[Application]:
    ports = replace(
        world.ports(),
        open_server=lambda _details, _use: Told(world.estate),
        look=lambda _details: LINE,
        lines=lambda _details: [CONNECTED],
    )
    with Application(new_home, ports) as application:
        application.connections.add("office", details())
        yield application


def text_of(report: Diagnosis) -> str:
    return json.dumps(asdict(report), default=str)


def test_all_is_tried_whatever_fails_and_timed(told: Application) -> None:
    report = told.connections.diagnose("office", "ann@example")
    assert [(one.name, one.is_well, one.exit_code) for one in report.steps] == [
        ("name", True, 0),
        ("tls", False, 5),
        ("facts", True, 0),
        ("capabilities", True, 0),
        ("resources", False, 2),
        ("speed", True, 0),
    ]
    assert report.steps[-1].took_ms == 3000
    assert report.facts == {"product": "Exchange Server", "round_trip_ms": 4.2}
    assert report.program["strongroom"]
    assert report.connection["secrets"] == ["password"]
    assert [one for one in audited(told) if one[1] == "connections.diagnose"]


def test_it_says_neither_whose_nor_where(told: Application) -> None:
    written = text_of(told.connections.diagnose("office", "ann@example"))
    assert found_in(written.encode(), [one for one in PRIVATE if len(one) >= 8]) == []
    assert "EXCH01" not in written
    assert "other.example" not in written
    assert "says no" in written, "what can be told is told"


def test_the_speed_is_told_without_names_and_its_commands_stay_whole(told: Application) -> None:
    report = told.connections.diagnose("office", "ann@example")
    assert report.steps[-1].detail == "Measured with 17 requests."
    assert report.speed.lines == (CONNECTED,)
    (found,) = report.speed.findings
    assert (found.text, found.commands, found.private) == (
        "Of 2 answers, slipped: [address].", (COMMAND,), (),
    )  # fmt: skip
    (whole,) = told.connections.diagnose("office", has_addresses=True).speed.findings
    assert whole.private[0] == "$account = 'backup@example'"


def test_with_addresses_it_says_both_and_still_no_secret(told: Application) -> None:
    written = text_of(told.connections.diagnose("office", "ann@example", has_addresses=True))
    assert all(one in written for one in PRIVATE if one != PASSWORD)
    assert PASSWORD not in written


def test_a_server_that_cannot_be_opened_is_a_step_too(
    application: Application, world: World
) -> None:
    application.connections.add("wrong", details(password="another"))
    report = application.connections.diagnose("wrong")
    assert [(one.name, one.is_well) for one in report.steps] == [("open", False)]
    assert report.speed == SpeedReport()
    assert "another" not in text_of(report)


def test_the_speed_of_a_server_that_takes_no_sign_in_is_not_measured(
    world: World, tmp_path: Path
) -> None:
    class Shut(Told):
        def facts(self) -> Mapping[str, Json]:
            raise AccessDenied("No.", why="HTTP 401.")

    ports = replace(world.ports(), open_server=lambda _details, _use: Shut(world.estate))
    with Application(tmp_path / "home", ports) as application:
        application.connections.add("office", details())
        report = application.connections.diagnose("office")
    assert "speed" not in [one.name for one in report.steps]


def test_a_locked_connection_gives_no_addresses_to_whom_it_was_granted(told: Application) -> None:
    told.connections.add("vip", details(), password=Secret("guard"))
    administrator = acting(told, caller(7001), Role.ADMINISTRATOR)
    with pytest.raises(Locked):
        administrator.connections.diagnose("vip")
    told.delegation.grant("uid:7001", Right.USE_CONNECTION, targets=[("vip", "*")])
    assert not administrator.connections.diagnose("vip").has_addresses
    with pytest.raises(Locked):
        administrator.connections.diagnose("vip", has_addresses=True)


@pytest.mark.parametrize(
    "private",
    [
        "ann@example.com", "mail.example.com", "https://mail.example.com/a?b=c", "192.168.7.9",
        "fe80::1", "2001:db8::8a2e:370:7334", "CONTOSO\\backup",
        "8f1c2d3e-0000-4abc-9def-0123456789ab", "HTTP/mail.example.com", "smtp:ann@example.com",
    ],
)  # fmt: skip
@given(before=st.sampled_from(["", "at ", "(", "'", "to:"]), after=st.sampled_from(["", ".", ")"]))
def test_what_looks_like_an_address_is_taken_out(private: str, before: str, after: str) -> None:
    shown = without_addresses(f"Told {before}{private}{after} and no more.", [])
    kept = private.rsplit(":", maxsplit=1)[-1] if private.startswith("smtp") else private
    assert kept.removeprefix("HTTP/") not in shown
    assert "and no more" in shown


def test_what_is_known_is_taken_out_whatever_it_looks_like() -> None:
    assert without_addresses("EXCH01 and exch01 of Ann", ["exch01", "", "Ann"]) == (
        "[known] and [known] of [known]"
    )
    plain = "HTTP 401 in 4.2 ms by TLSv1.3, version 15.2."
    assert without_addresses(plain, []) == plain
