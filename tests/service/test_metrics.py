"""Metrics, judged by the parser that Prometheus's own client brings."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

import strongroom
from strongroom.errors import AccessDenied
from strongroom.service.application import Application
from strongroom.service.rights import Role
from tests.cli.test_output import HOSTILE
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World, storage_password
from tests.service.support import acting, add_job, back_up, caller

Sample = tuple[str, frozenset[tuple[str, str]]]
UNITS = ("_bytes", "_seconds", "_total", "_info")
COUNTS = {
    "strongroom_health", "strongroom_worker_up", "strongroom_workers", "strongroom_runs",
    "strongroom_messages_waiting", "strongroom_messages_given_up", "strongroom_job_paused",
    "strongroom_run_last_status", "strongroom_run_last_resources", "strongroom_run_last_items",
    "strongroom_run_last_requests", "strongroom_run_last_throttled", "strongroom_resources",
    "strongroom_items", "strongroom_resource_protected", "strongroom_audit_records_waiting",
}  # fmt: skip
"""What has no unit."""


def read(text: str) -> Mapping[Sample, float]:
    """Read metrics as Prometheus does; every one has a help and a type, none is there twice."""
    found: dict[Sample, float] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in {"gauge", "counter"}
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(metrics: Mapping[Sample, float], name: str, **labels: str) -> float:
    return metrics[f"strongroom_{name}", frozenset(labels.items())]


@pytest.fixture
def saved(ready: Application, world: World) -> Application:
    """Give a home in which a job ended complete, and then partial."""
    world.estate.add("ann@example", items=4)
    add_job(ready, exclude=("left@*",))
    back_up(ready)
    assert isinstance(world.clock, HandClock)
    world.clock.move(days=1)
    world.estate.add("left@example")
    world.estate.add("shut@example", excluded="It is shut.", is_missing=True)
    back_up(ready)
    return ready


def test_a_new_home_has_metrics(application: Application) -> None:
    metrics = read(application.metrics.text())
    assert value(metrics, "build_info", version=strongroom.__version__) == 1
    assert value(metrics, "worker_up") == 0
    assert value(metrics, "runs", status="waiting") == 0
    assert value(metrics, "health", check="database") == 0
    assert value(metrics, "home_free_bytes") > 0


def test_each_job_tells_how_its_last_run_went_and_each_storage_how_it_stands(
    saved: Application,
) -> None:
    metrics = read(saved.metrics.text())
    last, first = saved.reports.runs()
    job = {"job": "nightly", "kind": "backup"}
    assert first.finished is not None
    assert last.finished is not None
    assert last.started is not None
    success = value(metrics, "run_last_success_timestamp_seconds", **job)
    assert success == pytest.approx(first.finished.timestamp())
    end = value(metrics, "run_last_end_timestamp_seconds", **job)
    assert end == pytest.approx(last.finished.timestamp())
    took = value(metrics, "run_last_duration_seconds", **job)
    assert took == pytest.approx((last.finished - last.started).total_seconds())
    statuses = {
        dict(labels)["status"]: one
        for (name, labels), one in metrics.items()
        if name == "strongroom_run_last_status"
    }
    assert statuses == {"complete": 0, "partial": 1, "failed": 0, "cancelled": 0}
    assert value(metrics, "run_last_resources", status="complete", **job) == 1
    assert value(metrics, "run_last_resources", status="excluded", **job) == 1
    assert value(metrics, "run_last_items", fate="unchanged", **job) == 4
    assert value(metrics, "run_last_read_bytes", **job) == last.bytes_read
    assert value(metrics, "run_last_stored_bytes", **job) == last.bytes_stored
    assert value(metrics, "run_last_requests", **job) == last.requests
    assert value(metrics, "job_paused", **job) == 0
    # Each storage tells what is protected, and what came in.
    assert value(metrics, "resources", storage="disk", state="protected") == 1
    assert value(metrics, "resources", storage="disk", state="excluded") == 1
    assert value(metrics, "resources", storage="disk", state="failed") == 1
    (ann,) = saved.reports.protected()
    assert ann.good is not None
    oldest = value(metrics, "resource_oldest_good_timestamp_seconds", storage="disk")
    assert oldest == pytest.approx(ann.good.timestamp())
    assert value(metrics, "items", storage="disk") == 4
    assert value(metrics, "saved_items_total", storage="disk") == 4
    assert value(metrics, "read_bytes_total", storage="disk") == ann.bytes_read
    assert value(metrics, "stored_bytes_total", storage="disk") == ann.bytes_stored


def test_names_are_as_prometheus_wants_them_and_it_finds_no_fault(saved: Application) -> None:
    names = {name for name, _ in read(saved.metrics.text_with_resources())}
    assert all(re.fullmatch(r"strongroom_[a-z]+(_[a-z]+)*", name) for name in names)
    assert {name for name in names if not name.endswith(UNITS)} <= COUNTS
    assert not any(re.search(r"_(ms|kb|mb|minutes|hours|days)(_|$)", name) for name in names)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: what Prometheus says of our metrics is NOT SHOWN")
    for text in (saved.metrics.text(), saved.metrics.text_with_resources()):
        checked = subprocess.run(
            [promtool, "check", "metrics"], input=text, text=True, capture_output=True, check=False
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_no_resource_is_named_unless_somebody_asks_who_may_watch(saved: Application) -> None:
    assert "@example" not in saved.metrics.text()
    metrics = read(saved.metrics.text_with_resources())
    told = {
        dict(labels)["resource"]: one
        for (name, labels), one in metrics.items()
        if name == "strongroom_resource_protected"
    }
    assert told == {"ann@example": 1, "left@example": 0, "shut@example": 0}
    good = [
        dict(labels)["resource"]
        for name, labels in metrics
        if name == "strongroom_resource_last_good_timestamp_seconds"
    ]
    assert good == ["ann@example"]
    auditor = acting(saved, caller(7001), Role.AUDITOR)
    assert "strongroom_runs" in auditor.metrics.text()
    with pytest.raises(AccessDenied):
        auditor.metrics.text_with_resources()


def test_names_cannot_break_out_of_their_label(ready: Application, world: World) -> None:
    names = [f'a"b\\c\nstrongroom_worker_up 1 {HOSTILE}@example', 'x"} 1@example', "ok@example"]
    for name in names:
        world.estate.add(name)
    add_job(ready)
    back_up(ready)
    text = ready.metrics.text_with_resources()
    assert "\x1b" not in text
    metrics = read(text)
    assert value(metrics, "worker_up") == 0
    told = {dict(labels)["resource"] for name, labels in metrics if name.endswith("_protected")}
    assert len(told) == 3
    assert 'x"} 1@example' in told


def test_two_resources_with_one_name_stay_two(saved: Application, world: World) -> None:
    """A mailbox that was made anew has the address of the old one, and an id of its own."""
    del world.estate.resources[world.estate.id_of("ann@example")]
    world.estate.add("ann@example")
    back_up(saved)
    metrics = read(saved.metrics.text_with_resources())
    assert sum(dict(labels).get("resource") == "ann@example" for _, labels in metrics) == 4


def test_a_storage_that_was_made_anew_under_its_name_is_no_second_line(
    saved: Application, world: World
) -> None:
    saved.jobs.remove("nightly")
    saved.storages.remove("disk")
    world.make_storage("memory:other")
    saved.storages.add("disk", "memory:other", storage_password())
    add_job(saved, name="again")
    back_up(saved, "again")
    metrics = read(saved.metrics.text())
    assert value(metrics, "resources", storage="disk", state="storage-removed") == 3
    assert value(metrics, "resources", storage="disk", state="protected") == 2
    assert value(metrics, "saved_items_total", storage="disk") == 11
