"""``make slots``: what the slots promise, tried in every situation of the laboratory and in ours.

Two tables. The first has the laboratory's own situations: its mark must not fall. The second has
situations of our own (``profiles.py``), which nothing was tuned to; a low mark there is a warning.
The promises (``Row.broken``) hold in both: no request against an order to stay away, no item lost
that the best fixed setting keeps, few requests into an outage, no standstill, the same decisions
again, and little of our processor.

The time is the only figure that depends on the machine. It is compared here and nowhere else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import slotlab
from slotlab import oracle
from slotlab.profiles import PROFILES as OPEN
from slotlab.score import headline, score_profile

from strongroom.slots import create
from tests.bench.profiles import PROFILES as OWN
from tests.bench.watch import Replay, Watch

YARDSTICKS = Path(__file__).with_name("yardsticks.json")
HEADLINE_MIN, WEAKEST_MIN = 0.88, 0.75
WARN_BELOW = 0.7
OUTAGE_PER_MINUTE_MAX = 6.0
MICROSECONDS_MAX = 50.0
OPEN_SEEDS, OWN_SEEDS = (1, 2, 3, 4, 5), (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one situation.

    Attributes:
        name: Of the situation.
        marks: The laboratory's, one for each seed.
        lost_max: Items that the best fixed setting loses.
        standstills, replay: What the watch saw.
    """

    name: str
    marks: tuple[Any, ...]
    lost_max: float
    standstills: int
    replay: Replay

    def mean(self, what: str) -> float:
        """Give the mean of a mark."""
        return fmean(getattr(mark, what) for mark in self.marks)

    def worst(self, what: str) -> float:
        """Give the highest of a mark."""
        return max(float(getattr(mark, what)) for mark in self.marks)

    @property
    def broken(self) -> list[str]:
        """Name the promises that were not kept."""
        replay = self.replay
        promises = {
            "sent against an order to stay away": self.worst("disobedience") == 0,
            "items lost": self.mean("lost") <= self.lost_max,
            "too many requests into an outage": self.worst("outage") <= OUTAGE_PER_MINUTE_MAX,
            "stood still without saying until when": self.standstills == 0,
            "decided otherwise when asked again": replay.calls > 0 and replay.differing == 0,
            "took too much processor time": replay.microseconds < MICROSECONDS_MAX,
        }
        return [f"{self.name}: {text}" for text, is_kept in promises.items() if not is_kept]

    def line(self) -> str:
        """Give the line of the table."""
        mean = self.mean
        return (
            f"{self.name:18}{mean('score'):6.3f}{mean('goodput'):6.2f}{mean('fairness'):6.2f}"
            f"{mean('slots'):7.1f}{mean('failures'):8.1f}{mean('throttles'):8.1f}"
            f"{self.worst('disobedience'):8.1f}{mean('lost'):6.1f}{self.worst('outage'):9.1f}"
            f"{self.standstills:7}{self.replay.differing:8}{self.replay.microseconds:8.1f}"
        )


HEAD = (
    f"{'situation':18}{'mark':>6}{'speed':>6}{'fair':>6}{'slots':>7}{'fail/k':>8}{'refus/k':>8}"
    f"{'orders/k':>9}{'lost':>5}{'away/min':>9}{'stuck':>7}{'differ':>8}{'µs':>8}"
)


def profiles(*, are_ours: bool) -> dict[str, Any]:
    """Give the situations by name."""
    return {profile.name: profile for profile in (OWN if are_ours else OPEN)}


def yardsticks(*, are_ours: bool) -> dict[str, Any]:
    """Give what the best fixed settings reach, by the name of the situation."""
    path = YARDSTICKS if are_ours else Path(slotlab.__file__).with_name("yardsticks.json")
    known: dict[str, Any] = oracle.load(path)
    return known


def look(job: tuple[str, bool]) -> Row:
    """Try one situation with all its seeds."""
    name, are_ours = job
    profile, yardstick = profiles(are_ours=are_ours)[name], yardsticks(are_ours=are_ours)[name]
    marks: list[Any] = []
    standstills, replay = 0, Replay()
    for seed in OWN_SEEDS if are_ours else OPEN_SEEDS:
        watch = Watch(create)
        marks.append(score_profile(profile, yardstick, watch.create, [seed]))
        stood, again = watch.close()
        standstills += stood
        replay.add(again)
    return Row(name, tuple(marks), yardstick.lost, standstills, replay)


def table(pool: ProcessPoolExecutor, names: Iterable[str], *, are_ours: bool) -> list[Row]:
    """Try situations and print a line for each as it comes."""
    print(HEAD)
    rows = []
    for row in pool.map(look, [(name, are_ours) for name in names]):
        print(row.line(), flush=True)
        rows.append(row)
    return rows


def head_and_weakest(rows: Sequence[Row]) -> tuple[float, Row]:
    """Give the laboratory's headline, and the weakest situation."""
    means = [type(row.marks[0])(row.name, *_means(row)) for row in rows]
    return float(headline(means)), min(rows, key=lambda row: row.mean("score"))


def _means(row: Row) -> list[float]:
    names = [name for name in type(row.marks[0]).__dataclass_fields__ if name != "profile"]
    return [row.mean(name) for name in names]


def find_yardsticks(names: Sequence[str]) -> None:
    """Find the best fixed settings of our situations, and keep them."""
    known = oracle.load(YARDSTICKS) if YARDSTICKS.exists() else {}
    wanted = [profile for profile in OWN if not names or profile.name in names]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for profile, found in zip(wanted, pool.map(oracle.find, wanted), strict=True):
            print(f"{profile.name:18} {found.goodput / 1e6:.2f} MB/s", flush=True)
            known[profile.name] = found
    oracle.save(YARDSTICKS, {profile.name: known[profile.name] for profile in OWN})


def main(names: Sequence[str]) -> int:
    """Print both tables; 1 if something is not as promised.

    Args:
        names: Of the only situations to try; the overall marks are not judged then.
    """
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = {}
        for are_ours in (False, True):
            wanted = [one for one in profiles(are_ours=are_ours) if not names or one in names]
            if wanted:
                print("\nsituations of our own" if are_ours else "the laboratory's situations")
                rows[are_ours] = table(pool, wanted, are_ours=are_ours)
                marked, weakest = head_and_weakest(rows[are_ours])
                print(
                    f"HEADLINE {marked:.3f}   weakest {weakest.mean('score'):.3f} ({weakest.name})"
                )
    broken = [text for some in rows.values() for row in some for text in row.broken]
    if not names:
        marked, weakest = head_and_weakest(rows[False])
        if marked < HEADLINE_MIN:
            broken.append(f"the headline is {marked:.3f}, below {HEADLINE_MIN}")
        if weakest.mean("score") < WEAKEST_MIN:
            broken.append(f"the weakest is {weakest.name}, below {WEAKEST_MIN}")
    weak = [row.name for row in rows.get(True, []) if row.mean("score") < WARN_BELOW]
    print(f"\nmarks below {WARN_BELOW} among our own: {', '.join(weak) or 'none'}")
    print("every promise is kept" if not broken else "NOT KEPT:\n  " + "\n  ".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["yardsticks"]:
        find_yardsticks(sys.argv[2:])
    else:
        sys.exit(main(sys.argv[1:]))
