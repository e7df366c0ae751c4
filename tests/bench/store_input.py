"""Folders of files for the storage's benchmark: half words, half bytes that nothing compresses.

``python -m tests.bench.store_input NAME ITEMS ITEM_BYTES METADATA_BYTES FOLDER`` writes one, so
that the process that starts those that are measured stays small: they inherit its peak of memory.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from strongroom.content.names import item_file_stem

_WORDS_BYTES = 16 << 20
_STRETCH_BYTES = 64 * 1024
_FIRST = datetime(2022, 1, 1, tzinfo=UTC)
_DAYS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Items of one size.

    Attributes:
        name: A plain word.
        items: How many.
        item_bytes: Size of each one's content.
        metadata_bytes: Size of each one's JSON; 0: it has none.
        limit: What storing may cost of what restic's costs.
    """

    name: str
    items: int
    item_bytes: int
    metadata_bytes: int = 0
    limit: float = 1.0

    @property
    def bytes(self) -> int:
        """Size of everything."""
        return self.items * (self.item_bytes + self.metadata_bytes)


def write(load: Load, folder: Path) -> None:
    """Write a load's files below ``folder/YEAR-MONTH/DAY``: always the same for the same load."""
    chance = Random(load.name)
    words = _words(chance)
    for number in range(load.items):
        when = _FIRST + timedelta(
            days=number * _DAYS // load.items, seconds=chance.randrange(86_400)
        )
        item_id = f"AAMk{chance.randbytes(48).hex()}"
        subject = _slice(words, chance, 30).decode().strip()
        place = folder / f"{when:%Y-%m}" / f"{when:%d}"
        place.mkdir(parents=True, exist_ok=True)
        stem = item_file_stem(when, subject, item_id)
        with (place / f"{stem}.eml").open("wb") as file:
            left = load.item_bytes
            while left:
                size = min(left, _STRETCH_BYTES)
                file.write(_slice(words, chance, size - size // 2))
                file.write(chance.randbytes(size // 2))
                left -= size
        if load.metadata_bytes:
            metadata = _metadata(load, item_id, subject, when, words, chance)
            (place / f"{stem}.json").write_bytes(metadata)


def _metadata(
    load: Load, item_id: str, subject: str, when: datetime, words: bytes, chance: Random
) -> bytes:
    document = {"id": item_id, "subject": subject, "when": when.isoformat(), "preview": ""}
    document["conversation"] = chance.randbytes(32).hex()
    left = load.metadata_bytes - len(json.dumps(document))
    document["preview"] = _slice(words, chance, left).decode()
    return json.dumps(document).encode()


def _words(chance: Random) -> bytes:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = [26 - at for at in range(26)]
    known = [
        "".join(chance.choices(letters, weights, k=chance.randrange(2, 11))) for _ in range(8_000)
    ]
    # Common words are common, as in any language.
    common = [1 / (at + 3) for at in range(len(known))]
    return " ".join(chance.choices(known, common, k=_WORDS_BYTES // 5)).encode()[:_WORDS_BYTES]


def _slice(words: bytes, chance: Random, size: int) -> bytes:
    start = chance.randrange(len(words) - size)
    return words[start : start + size]


def main() -> None:
    """Write what the arguments say."""
    name, items, item_bytes, metadata_bytes, folder = sys.argv[1:]
    load = Load(
        name=name,
        items=int(items),
        item_bytes=int(item_bytes),
        metadata_bytes=int(metadata_bytes),
    )
    write(load, Path(folder))


if __name__ == "__main__":
    main()
