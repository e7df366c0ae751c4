"""What a request costs: latency as ``base + items + bytes``, learnt while requests end.

Two questions need it. *Is the server slower than before?* can be asked only after dividing a
latency by what its request was to cost. *How large should a batch be?* needs to know what a
request costs before its first item.

The fit is least squares on relative error, old samples forgotten. Congestion must not hide in it:
a server that is twice as slow for everything would look like requests that cost twice as much. So
a new fit is scaled to give the mean request of the latest epoch the cost that it had before (the
gauge is pinned): only the *shape* moves, and latency over cost stays comparable from the first
sample on.

A request that lists and one that fetches cost differently, so each *kind* has a cost of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.slots.api import Sample

MEGABYTE = 1e6

_FIRST_GUESS = (0.4, 0.03, 0.10)
"""Seconds per request, per item, per megabyte: an ordinary Exchange over an ordinary line."""

_MEMORY = 0.997
"""Of a sample, after each later one: about the last 300 count."""

_CLIP = 4.0
"""A latency counts as at most so many times what was expected: a stall says nothing of the cost."""

_EARLY = 24
"""Samples until the gauge is pinned; before that the scale itself is being found."""

_OFTEN_UNTIL = 40
"""Until then the fit is made every fourth sample, later once an epoch."""

_STEP = 0.25
"""How far one fit moves the cost: an epoch of few samples must not turn it over."""

_INERTIA = 0.05
"""Weight of the present shape, against directions in which the samples say nothing."""

_SMALLEST_SHARE = 0.3
"""Of the mean cost: no request counts as cheaper, or its relative error would outweigh all."""

_EARLY_BASE_MAX_S = 0.8
"""While slots grow, what a request waits in the queue looks like a base too. None of ours is so
much larger than the first guess that it could not be found out later."""

_FALL, _RISE = 0.25, 0.02
"""How fast the base that batches are made by follows a fit. Hardly upwards: queueing looks like
base. Nor at once downwards: a few answers that scatter fit a request that costs nothing."""

_BASE_MIN_S = 0.05
"""Less makes no difference that is worth batches of few items: this makes them a second long."""


class Cost:
    """Seconds that a request of so many items and bytes is expected to take."""

    def __init__(self) -> None:
        self._shape = list(_FIRST_GUESS)
        self._fitted = list(_FIRST_GUESS)
        self._square = [[0.0] * 3 for _ in range(3)]
        self._right = [0.0] * 3
        self._mean = [0.0] * 3
        self._level = 1.0
        self._count = 0
        self.base_s = _FIRST_GUESS[0]
        """What a request costs before its first item, as far as it does not queue."""

    def of(self, items: float, size: float, requests: float = 1.0) -> float:
        """Give the expected seconds of some requests together, at least a hundredth."""
        base, item, byte = self._shape
        return max(0.01, base * requests + item * items + byte * size / MEGABYTE)

    def expected_s(self, items: int, size: int) -> float:
        """Give the seconds that a request takes at the load of late."""
        base, item, byte = self._fitted
        return base + item * items + byte * size / MEGABYTE

    @property
    def is_known(self) -> bool:
        """Whether enough was seen to compare latencies with it: the gauge is pinned."""
        return self._count >= _EARLY

    @property
    def item_s(self) -> float:
        """Seconds per item, at present."""
        return self._fitted[1]

    @property
    def megabyte_s(self) -> float:
        """Seconds per megabyte, at present."""
        return self._fitted[2]

    def note(self, items: int, size: int, latency: float) -> None:
        """Learn from a request that succeeded."""
        x = (1.0, float(items), size / MEGABYTE)
        expected = self.of(items, size)
        if self._count:
            mean = _dot(self._shape, self._mean) / self._mean[0]
            expected = max(expected, _SMALLEST_SHARE * mean)
        if self._count >= 12:
            latency = min(latency, _CLIP * expected * max(1.0, self._level))
            self._level += 0.05 * (latency / expected - self._level)
        weight = 1.0 / (expected * expected)
        for i in range(3):
            weighted = weight * x[i]
            self._right[i] = self._right[i] * _MEMORY + weighted * latency
            row = self._square[i]
            for j in range(3):
                row[j] = row[j] * _MEMORY + weighted * x[j]
            self._mean[i] = self._mean[i] * 0.96 + x[i]
        self._count += 1
        if self._count < _OFTEN_UNTIL and self._count % 4 == 0:
            self.fit()

    def fit(self, epoch: Sequence[float] | None = None) -> None:
        """Move the shape towards what the samples say.

        Args:
            epoch: Requests, items and megabytes of the latest epoch, whose cost stays what it was;
                None: of the latest samples.
        """
        fitted = [max(one, 1e-4) for one in self._solved()]
        self._fitted = fitted
        if self._count < _OFTEN_UNTIL:
            self.base_s = min(fitted[0], max(self.base_s, _EARLY_BASE_MAX_S))
        else:
            self.base_s += (_FALL if fitted[0] < self.base_s else _RISE) * (fitted[0] - self.base_s)
        self.base_s = max(_BASE_MIN_S, self.base_s)
        pin = epoch or self._mean
        is_pinned = self._count >= _EARLY
        scale = _dot(self._shape, pin) / _dot(fitted, pin) if is_pinned else 1.0
        step = _STEP if is_pinned else 1.0
        self._shape = [
            (1.0 - step) * old + step * scale * new
            for old, new in zip(self._shape, fitted, strict=True)
        ]

    def _solved(self) -> list[float]:
        """Solve the normal equations; what would come out negative is left out."""
        total = _dot(self._right, self._fitted)
        square = sum(
            _dot(row, self._fitted) * one
            for row, one in zip(self._square, self._fitted, strict=True)
        )
        scale = total / square if square > 0.0 else 1.0
        # A slower server works longer on items. Where requests are all alike the base cannot be
        # told from them, and one that is believed too high makes batches too large.
        present = [self._fitted[0] * min(1.0, scale), *(one * scale for one in self._fitted[1:])]
        inertia = [_INERTIA * self._square[i][i] + 1e-12 for i in range(3)]
        free = [0, 1, 2]
        while free:
            matrix = [
                [self._square[i][j] + (inertia[i] if i == j else 0.0) for j in free] for i in free
            ]
            right = [self._right[i] + inertia[i] * present[i] for i in free]
            solution = _gauss(matrix, right)
            lowest = min(range(len(free)), key=solution.__getitem__)
            if solution[lowest] >= 0.0:
                found = [0.0, 0.0, 0.0]
                for place, value in zip(free, solution, strict=True):
                    found[place] = value
                return found
            del free[lowest]
        return present


Totals = tuple[float, float, float]
"""Requests, items and megabytes."""


class Costs:
    """The costs of all kinds of requests to one server."""

    def __init__(self) -> None:
        self._costs: dict[str, Cost] = {}

    def of_kind(self, kind: str) -> Cost:
        """Give the cost of one kind."""
        found = self._costs.get(kind)
        if found is None:
            found = self._costs[kind] = Cost()
        return found

    def of(self, sample: Sample) -> float:
        """Give the expected seconds of a request."""
        return self.of_kind(kind_of(sample)).of(sample.items, sample.size)

    def of_all(self, totals: Mapping[str, Totals]) -> float:
        """Give the expected seconds of many requests together, by kind."""
        seconds = 0.0
        for kind, (requests, items, megabytes) in totals.items():
            seconds += self.of_kind(kind).of(items, megabytes * MEGABYTE, requests)
        return seconds

    def known(self, totals: Mapping[str, Totals]) -> Mapping[str, Totals]:
        """Leave out the kinds that are not known yet; if there is none left, leave out nothing."""
        found = {kind: one for kind, one in totals.items() if self.of_kind(kind).is_known}
        return found or totals

    def expected_s(self, sample: Sample) -> float:
        """Give the seconds that such a request takes at the load of late."""
        return self.of_kind(kind_of(sample)).expected_s(sample.items, sample.size)

    def note(self, sample: Sample) -> None:
        """Learn from a request that succeeded."""
        latency = max(1e-3, sample.latency)
        self.of_kind(kind_of(sample)).note(sample.items, sample.size, latency)

    def fit(self, totals: Mapping[str, Totals]) -> None:
        """Move the shapes after an epoch of such requests, whose costs stay what they were."""
        for kind, of_kind in totals.items():
            self.of_kind(kind).fit(of_kind)

    def can_judge(self, sample: Sample) -> bool:
        """Say whether a request's latency tells something.

        A kind that was hardly seen makes no difference: whatever its first requests take is what
        they are taken to cost. Only while no kind is known do all of them count.
        """
        return self.of_kind(kind_of(sample)).is_known or not any(
            cost.is_known for cost in self._costs.values()
        )


def kind_of(sample: Sample) -> str:
    """Give a request's kind; samples of others have none."""
    return getattr(sample, "kind", "")


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _gauss(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small system by elimination with row pivots."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        divisor = rows[column][column] or 1e-12
        for row in range(column + 1, size):
            factor = rows[row][column] / divisor
            for place in range(column, size + 1):
                rows[row][place] -= factor * rows[column][place]
    solution = [0.0] * size
    for row in range(size - 1, -1, -1):
        rest = rows[row][size] - sum(rows[row][k] * solution[k] for k in range(row + 1, size))
        solution[row] = rest / (rows[row][row] or 1e-12)
    return solution
