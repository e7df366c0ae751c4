"""A job on a healthy server that loses its network for two minutes, in real time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from strongroom.clock import SystemClock
from strongroom.lab.cutter import Cutter
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.pace.paces import Paces
from strongroom.slots.api import Sample
from tests.soak.home import home, there
from tests.soak.judge import Judge, judged_by

AWAY_S = 120.0
BOXES = [f"box-{number}@lab.example" for number in range(12)]
ITEMS = 400


@pytest.mark.soak
@pytest.mark.parametrize("hangs", [False, True], ids=["refused", "hanging"])
def test_a_job_that_loses_its_network_for_two_minutes_ends_complete(
    tmp_path: Path, *, hangs: bool
) -> None:
    clock = SystemClock()
    loads = tuple(Load(address=one, items=ITEMS, item_bytes=6000, folders=3) for one in BOXES)
    with (
        Lab(Wishes(weather="large-server", loads=loads)) as lab,
        Cutter(lab.server.port) as cutter,
    ):
        cut_s: list[float] = []

        def cut_in_the_middle(sample: Sample) -> None:
            if len(judge.samples) == 200:
                cut_s.append(sample.finished)
                cutter.cut(hangs=hangs)
                threading.Timer(AWAY_S, cutter.mend).start()

        judge = Judge(on_sample=cut_in_the_middle)
        with home(
            tmp_path,
            ews_url=lab.ews_url.replace(str(lab.server.port), str(cutter.port)),
            ca_pem=lab.ca_pem.decode(),
            password=lab.admin_password,
            paces=Paces(clock, deciders=judged_by(judge)),
            clock=clock,
        ) as opened:
            done = opened.back_up(BOXES)

            assert done["status"] == "complete", (done["error"], done["tasks"])
            assert done["attempts"] == 1, "in the same run"
            for box in BOXES:
                assert opened.kept(box) == there(lab, box), "nothing lost, nothing doubled"
    (began_s,) = cut_s
    meanwhile = [one - began_s for one in judge.starts_s if 0 < one - began_s < AWAY_S]
    late = [one for one in meanwhile if one > AWAY_S / 4]
    assert late, "nobody looked whether it is back"
    assert len(late) <= 9, f"six a minute after half a minute: {late}"
    assert len(meanwhile) <= 60, "what was in flight, and a few more until it is known"
