"""Who works at lab.example: plainly made-up people with plainly made-up names."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

DOMAIN = "lab.example"

# Given names from many languages, some beyond Latin-1: names are where encodings break first.
_FIRST_NAMES = (
    "Ada", "Björn", "Chidi", "Dörte", "Elif", "Fiadh", "Gōro", "Hana", "Ines", "Jiří", "Kasia",
    "Ludo", "Maïté", "Nuno", "Oona", "Paavo", "Quilla", "Rhys", "Søren", "Tamsin", "Uzma", "Vesna",
    "Wren", "Ximena", "Yara", "Żaneta",
)  # fmt: skip
# Nobody is called this.
_LAST_NAMES = (
    "Ashlantern", "Brackenfeather", "Copperwhistle", "Dunemarrow", "Emberquill", "Fennelhorn",
    "Glasswater", "Hollowbeck-Ørn", "Ironthistle", "Junipersail", "Kettleharbour", "Larkmantle",
    "Mossgauge", "Nettlebarrow", "Oatenshaw", "Pebblewick", "Quartzley", "Rookfarthing",
    "Saltmeadow", "Thimblegate", "Umberfold", "Vellumstone", "Willowspan", "Yarrowkiln",
)  # fmt: skip
_DEPARTMENTS = {
    "Board": ("Managing director", "Head of staff"),
    "Sales": ("Account manager", "Head of sales", "Tender clerk"),
    "Engineering": ("Structural engineer", "Surveyor", "Draughtsperson"),
    "Finance": ("Controller", "Bookkeeper"),
    "People": ("Recruiter", "Payroll officer"),
    "Workshop": ("Foreman", "Joiner", "Apprentice"),
}
_OUTSIDE = ("supplier.example", "customer.example", "council.example", "insurer.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who writes and receives mail, inside the organisation or outside.

    Attributes:
        first: Given name.
        last: Family name.
        address: SMTP address, ASCII only.
        department: Where they work; for outsiders the name of their firm.
        title: What they do.
        phone: A number of the block that is reserved for fiction.
    """

    first: str
    last: str
    address: str
    department: str
    title: str
    phone: str

    @property
    def name(self) -> str:
        """Name as mail programs show it."""
        return f"{self.first} {self.last}"


def staff(rng: Random, count: int) -> list[Person]:
    """Draw the organisation's people, spread over all departments.

    Raises:
        ValueError: more people than names.
    """
    departments = [name for _, name in zip(range(count), _cycle(tuple(_DEPARTMENTS)), strict=False)]
    return [
        _person(rng, first, last, department, rng.choice(_DEPARTMENTS[department]), DOMAIN)
        for (first, last), department in zip(_names(rng, count), departments, strict=True)
    ]


def outsiders(rng: Random, count: int) -> list[Person]:
    """Draw people of other firms, with whom the organisation writes."""
    people = []
    for first, last in _names(rng, count):
        domain = rng.choice(_OUTSIDE)
        firm = domain.split(".", 1)[0].capitalize()
        people.append(_person(rng, first, last, firm, "Contact person", domain))
    return people


def _person(rng: Random, first: str, last: str, department: str, title: str, domain: str) -> Person:
    return Person(
        first=first,
        last=last,
        address=f"{_ascii(first)}.{_ascii(last)}@{domain}",
        department=department,
        title=title,
        phone=f"+44 20 7946 {rng.randrange(1000):04d}",
    )


def _names(rng: Random, count: int) -> list[tuple[str, str]]:
    if count > min(len(_FIRST_NAMES), len(_LAST_NAMES)):
        raise ValueError(f"there are not {count} names to give")
    firsts, lasts = rng.sample(_FIRST_NAMES, count), rng.sample(_LAST_NAMES, count)
    return list(zip(firsts, lasts, strict=True))


_PLAIN_LETTERS = str.maketrans("öōïéříøżØŻ", "ooieriozoz")


def _ascii(name: str) -> str:
    plain = name.translate(_PLAIN_LETTERS).lower()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _cycle(names: tuple[str, ...]) -> list[str]:
    return [name for _ in range(8) for name in names]
