"""Whether a difference was announced: by the right sentence, and by no other."""

from __future__ import annotations

import pytest

from tests.judges.losses import unnamed
from tests.judges.sites import MISSING, Difference

GONE = "i:0#.f|membership|goro@lab.example"
ANN = "i:0#.f|membership|ann@lab.example"
BAGS = "https://x/sites/a: property bags of webs (2): REST reads them and cannot write them."
WHO = f"https://x/sites/a: {GONE} (100): not known in the target, so these values stay empty."
OWNERS = "https://x/sites/a: owners of groups (4): whoever restores owns the groups that are made."

BAG = Difference(("property", "", "Department"), "Records", MISSING)
ZONE = Difference(("regional", "hr", "TimeZone"), 2, 93)
OWNER = Difference(("group", "Auditors", "owner"), ANN, "app")
TEAM = Difference(("item", "Lists/Jobs", "x #1", "TeamId"), [GONE, ANN], [ANN])
ALONE = Difference(("item", "Lists/Jobs", "x #1", "TeamId"), [GONE], MISSING)
AUTHOR = Difference(("item", "Lists/Jobs", "x #1", "AuthorId"), GONE, "app")
RIGHTS = Difference(("permission", "Lists/Jobs", GONE), ["Read"], MISSING)
LESS = Difference(("item", "Lists/Jobs", "x #1", "TeamId"), [GONE, ANN], MISSING)
OTHER = Difference(("item", "Lists/Jobs", "x #1", "Title"), "a", "b")


@pytest.mark.parametrize("one", [BAG, ZONE, OWNER, TEAM, ALONE, AUTHOR, RIGHTS], ids=str)
def test_what_was_announced_is_left_out(one: Difference) -> None:
    assert unnamed([one], f"{BAGS}\n{WHO}\n{OWNERS}") == []


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (BAG, ""),
        (BAG, OWNERS),
        (OWNER, BAGS),
        (AUTHOR, WHO.replace("goro", "hana")),
        (LESS, WHO),
        (OTHER, f"{BAGS}\n{WHO}\n{OWNERS}"),
    ],
    ids=str,
)
def test_what_nobody_announced_stays(one: Difference, told: str) -> None:
    assert unnamed([one], told) == [one]
