"""``python -m tests.soak [NAME …]``: the program's own pace beside the best fixed one, on sockets.

For each weather a fixed setting is searched that nothing beats, by whole backups of the lab; before
and after the search the same backup is made at the program's own pace. Speeds are compared within
one weather and one session only, since machines are noisy; where a processor was the limit, nothing
is said about the pace, and the weather does not count.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.soak.judging import HEAD, broken, line, tried
from tests.soak.sweep import Sweep
from tests.soak.weathers import TRIALS

_SIDE_BY_SIDE = 3
"""Most of a trial is waiting: so many fit two processors without coming near their limit."""


def main(names: Sequence[str], side_by_side: int, *, searches: bool) -> int:
    """Print a line for each weather as it comes; 1 if something is not as promised."""
    chosen = [trial for trial in TRIALS if not names or trial.plan.weather in names]

    def search(number: int) -> Sweep:
        sweep = Sweep(chosen[number].plan)
        sweep.run(chosen[number].hint, searches=searches)
        return sweep

    print(f"{os.cpu_count()} processors, {side_by_side} trials side by side\n{HEAD}", flush=True)
    faults = []
    with ThreadPoolExecutor(side_by_side) as pool:
        for sweep in pool.map(search, range(len(chosen))):
            print(f"{line(sweep)}\n{tried(sweep)}", flush=True)
            faults += broken(sweep)
    print("every promise is kept" if not faults else "NOT KEPT:\n  " + "\n  ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a weather; all without one")
    parser.add_argument("--side-by-side", type=int, default=_SIDE_BY_SIDE)
    parser.add_argument(
        "--no-search", action="store_true", help="take the setting that was best the last time"
    )
    asked = parser.parse_args()
    sys.exit(main(asked.names, asked.side_by_side, searches=not asked.no_search))
