"""Fill a site collection as a small firm would have it.

There are lists that look into each other, real documents, pages, somebody who left, and permissions
of their own here and there.

seeded = fill(collection, Amounts(items=12_000, documents=Path("documents.zip")), seed=7)
seeded.orders, seeded.contracts, seeded.people …

The same seed and the same collection give the same content. Hold ``collection.lock``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from strongroom.lab.seed import people as cast
from strongroom.lab.sharepoint.content import (
    seed_columns,
    seed_documents,
    seed_lists,
    seed_pages,
    seed_structure,
    seed_web_files,
)
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.seed_people import Crew


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much.

    Attributes:
        items: Rows, over all lists together.
        files: Made-up files of mixed size, beside the documents.
        documents: A zip of real ones; None: a few small ones are made.
        people: How many work there; at most 20.
        pages: Modern ones; classic ones come in addition.
    """

    items: int = 200
    files: int = 12
    documents: Path | None = None
    people: int = 8
    pages: int = 5

    def __post_init__(self) -> None:
        if self.items < 40:
            raise ValueError("Forty items are the least: every list needs a few.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What was made, for tests that look for it.

    Attributes:
        crew: Who works there; the last one has left.
        customers, products, orders, tasks, news: Lists.
        documents, contracts, pages: Libraries.
        staff: A list of the web ``hr``.
    """

    crew: Crew
    customers: SpList
    products: SpList
    orders: SpList
    tasks: SpList
    news: SpList
    staff: SpList
    documents: SpList
    contracts: SpList
    pages: SpList

    @property
    def lists(self) -> tuple[SpList, ...]:
        """All lists of rows."""
        return (
            self.customers,
            self.products,
            self.orders,
            self.tasks,
            self.news,
            self.staff,
        )

    @property
    def departed(self) -> User:
        """Somebody whose account is no longer in the directory."""
        return self.crew.departed


def fill(collection: SiteCollection, amounts: Amounts | None = None, *, seed: int = 1) -> Seeded:
    """Fill a new team site.

    Args:
        collection: As it was just made.
        amounts: How much; by default little.
        seed: Decides all that is drawn.
    """
    amounts = amounts or Amounts()
    rng = Random(f"site {seed}")  # noqa: S311 - the same for the same seed
    crew = Crew.hire(collection, cast.staff(rng, amounts.people))
    seed_structure.describe(collection, crew)
    shapes = seed_columns.make(collection, crew)
    counts = _shares(amounts.items)
    seed_lists.fill_customers(shapes.customers, rng, crew, counts["customers"])
    seed_lists.fill_products(shapes.products, rng, crew, counts["products"])
    seed_lists.fill_orders(shapes, rng, crew, counts["orders"])
    seed_lists.fill_tasks(shapes.tasks, rng, crew, counts["tasks"])
    seed_lists.fill_news(shapes.news, rng, crew, counts["news"])
    seed_lists.fill_staff(shapes.staff, rng, crew, counts["staff"])
    seed_documents.fill_documents(shapes, rng, crew, amounts.documents, amounts.files)
    seed_documents.fill_contracts(shapes, rng, crew)
    seed_pages.fill_pages(shapes.pages, rng, crew, amounts.pages)
    seed_web_files.fill_web_files(collection, crew.boss.id)
    crew.let_go()
    return Seeded(
        crew=crew,
        customers=shapes.customers,
        products=shapes.products,
        orders=shapes.orders,
        tasks=shapes.tasks,
        news=shapes.news,
        staff=shapes.staff,
        documents=shapes.documents,
        contracts=shapes.contracts,
        pages=shapes.pages,
    )


def _shares(items: int) -> dict[str, int]:
    """Share rows out among the lists; most are orders."""
    parts = {
        "customers": max(6, items // 20),
        "products": max(4, items // 50),
        "tasks": max(8, items // 8),
        "news": max(4, items // 100),
        "staff": 6,
    }
    return {**parts, "orders": items - sum(parts.values())}
