"""What saved items became, by their ids, for hundreds of thousands of them in a few megabytes.

A dictionary of so many texts takes 300 bytes for each. Here an id that is looked up is only a hash
(Python's own, 64 bits: two equal ones among a million are one chance in thirty million), and the
ids that are given back lie one behind the other.
"""

from __future__ import annotations

from array import array

_SLOTS_MIN = 1024
_LENGTH_BYTES = 4


class IdMap:
    """A map from texts to texts that only grows. For one thread at a time."""

    def __init__(self) -> None:
        self._hashes = _zeros(_SLOTS_MIN)
        # Where each text begins; 0: the slot is free, so nothing begins there.
        self._places = _zeros(_SLOTS_MIN)
        self._texts = bytearray(1)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, key: str, value: str) -> None:
        """Note a text, in place of the one that was there."""
        if 2 * self._count >= len(self._places):
            self._grow()
        text = value.encode("utf-8", "surrogatepass")
        slot = self._slot(hash(key))
        if not self._places[slot]:
            self._count += 1
        self._hashes[slot] = hash(key)
        self._places[slot] = len(self._texts)
        self._texts += len(text).to_bytes(_LENGTH_BYTES) + text

    def get(self, key: str) -> str | None:
        """Give the text noted last; None: there is none."""
        place = self._places[self._slot(hash(key))]
        if not place:
            return None
        begin = place + _LENGTH_BYTES
        length = int.from_bytes(self._texts[place:begin])
        return self._texts[begin : begin + length].decode("utf-8", "surrogatepass")

    def _slot(self, number: int) -> int:
        """Find a hash's slot, or the free one where it belongs; half of all are free."""
        mask = len(self._places) - 1
        slot = number & mask
        while self._places[slot] and self._hashes[slot] != number:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        hashes, places = self._hashes, self._places
        self._hashes, self._places = _zeros(2 * len(places)), _zeros(2 * len(places))
        for number, place in zip(hashes, places, strict=True):
            if place:
                slot = self._slot(number)
                self._hashes[slot], self._places[slot] = number, place


def _zeros(count: int) -> array[int]:
    return array("q", bytes(8 * count))
