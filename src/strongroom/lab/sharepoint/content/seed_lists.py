"""Rows of the lists of a seeded site."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from strongroom.lab.seed import files, prose
from strongroom.lab.sharepoint.content.items import APPROVED, DENIED, ListItem
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import CONTRIBUTE, READ
from strongroom.lab.sharepoint.content.seed_columns import FAMILIES, LABELS, STATES, Shapes
from strongroom.lab.sharepoint.content.seed_people import Crew
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value

_VERSIONS_EVERY, _ATTACHMENTS_EVERY, _OWN_EVERY, _GROUP_EVERY = 20, 50, 101, 7
_ORDERS_IN_FOLDER = 400
_TREES = ("oak", "ash", "larch", "fir", "elm", "Zirbe", "hêtre", "栗")


def fill_customers(customers: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Add customers: rows without versions."""
    for number in range(count):
        name = f"{prose.subject(rng)} {number}"
        values: dict[str, Value] = {
            "Title": name,
            "Code": f"K-{number:05}",
            "Website": UrlValue(url=f"https://customer.example/{number}?a=1&b=ü", description=name),
            "Since": _day(crew.now, rng, 4000),
            "Rating": rng.randrange(100) / 10,
            "IsActive": rng.random() < 0.8,
            "Remarks": _rich_text(rng) if number % 3 == 0 else None,
        }
        customers.add_item(values, by=crew.boss.id, stamp=crew.stamp(rng))


def fill_products(products: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Add products."""
    for number in range(count):
        values: dict[str, Value] = {
            "Title": f"{rng.choice(_TREES)} {number}",
            "Family": rng.choice(FAMILIES),
            "Price": rng.randrange(100, 90_000) / 100,
        }
        products.add_item(values, by=crew.boss.id, stamp=crew.stamp(rng))


def fill_orders(shapes: Shapes, rng: Random, crew: Crew, count: int) -> None:
    """Add orders: columns of every kind, in folders, some changed, some with attachments."""
    orders = shapes.orders
    topics, regions = _terms(orders, "Topics"), _terms(orders, "Regions")
    customers, products = tuple(shapes.customers.items), tuple(shapes.products.items)
    folder: ListItem | None = None
    for number in range(count):
        if number % _ORDERS_IN_FOLDER == _ORDERS_IN_FOLDER // 4:
            folder = _folder(orders, number // _ORDERS_IN_FOLDER, crew)
        values = _order(rng, crew, customers, products)
        values["Title"] = f"Order {number}: {prose.thing(rng)}"
        values["Region"] = rng.choice(regions) if rng.random() < 0.6 else None
        values["Topics"] = tuple(rng.sample(topics, rng.randrange(3)))
        stamp = crew.stamp(rng)
        made = orders.add_item(values, by=crew.boss.id, folder=folder, stamp=stamp)
        if number % _VERSIONS_EVERY == 3:
            _change(made, rng, crew)
        if number % _ATTACHMENTS_EVERY == 5:
            _attach(made, rng, crew)
        if number % _OWN_EVERY == 11:
            _give_own_permissions(made, rng, crew)
    if folder is not None:
        folder.break_inheritance(by=crew.boss.id)
        folder.add_assignment(crew.departed.id, READ, by=crew.boss.id)


def fill_tasks(tasks: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Add tasks: some wait for others of the same list."""
    states = tasks.fields["Status"].choices
    for number in range(count):
        before = tuple(tasks.items)
        waits = rng.sample(before, min(len(before), rng.randrange(3)))
        start = _moment(crew.now, rng, 400)
        values: dict[str, Value] = {
            "Title": prose.subject(rng),
            "StartDate": start,
            "DueDate": start + timedelta(days=rng.randrange(40)),
            "AssignedTo": tuple(one.id for one in rng.sample(crew.users, rng.randrange(1, 3))),
            "PercentComplete": rng.randrange(11) / 10,
            "Status": rng.choice(states),
            "Body": _rich_text(rng) if number % 4 == 0 else None,
            "Predecessors": tuple(waits),
        }
        tasks.add_item(values, by=crew.boss.id, stamp=crew.stamp(rng))


def fill_news(news: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Add notices: approved, denied, and such as wait."""
    for number in range(count):
        values: dict[str, Value] = {"Title": prose.subject(rng), "Body": _rich_text(rng)}
        made = news.add_item(values, by=crew.boss.id, stamp=crew.stamp(rng))
        if number % 4 == 1:
            news.set_moderation(made, DENIED, by=crew.boss.id, comment="Not like this, please.")
        elif number % 4 != 2:
            news.set_moderation(made, APPROVED, by=crew.boss.id)


def fill_staff(staff: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Add who works there."""
    for number in range(count):
        person = crew.users[number % len(crew.users)]
        values: dict[str, Value] = {
            "Title": person.title,
            "Person": person.id,
            "Joined": _day(crew.now, rng, 3000),
        }
        staff.add_item(values, by=crew.boss.id, stamp=crew.stamp(rng))


def _order(
    rng: Random, crew: Crew, customers: tuple[int, ...], products: tuple[int, ...]
) -> dict[str, Value]:
    team = [one.id for one in rng.sample(crew.users, rng.randrange(3))]
    if rng.randrange(_GROUP_EVERY) == 0:
        team.append(crew.auditors.id)
    link = UrlValue(url=f"https://lab.example/d/{rng.randrange(99)}.png", description="Plan, big")
    return {
        "Customer": rng.choice(customers),
        "Lines": tuple(rng.sample(products, rng.randrange(1, 4))),
        "Responsible": rng.choice(crew.users).id,
        "Team": tuple(team),
        "Labels": tuple(rng.sample(LABELS, rng.randrange(3))),
        "State": rng.choice(STATES),
        "Amount": rng.randrange(1, 9_000_000) / 100,
        "Quantity": rng.randrange(1, 40),
        "Due": _moment(crew.now, rng, 300),
        "Drawing": link if rng.random() < 0.2 else None,
        "Notes": prose.paragraphs(rng, 1)[0] if rng.random() < 0.3 else None,
        "Express": rng.random() < 0.1,
    }


def _folder(orders: SpList, number: int, crew: Crew) -> ListItem:
    """Make a folder; every third one lies in the one before."""
    above = orders.at((f"Batch {number - 1}",)) if number % 3 == 2 else None
    return orders.add_folder(f"Batch {number}", by=crew.boss.id, folder=above)


def _change(made: ListItem, rng: Random, crew: Crew) -> None:
    """Make some more versions of it, and one change that makes none."""
    orders = made.parent_list
    for _ in range(rng.randrange(1, 4)):
        values: dict[str, Value] = {"State": rng.choice(STATES), "Quantity": rng.randrange(1, 40)}
        stamp = crew.later(crew.stamp(rng), rng, 5)
        orders.update_item(made, values, by=crew.boss.id, stamp=stamp)
    orders.update_item(made, {"Express": True}, by=crew.boss.id, how=How.SYSTEM)


def _attach(made: ListItem, rng: Random, crew: Crew) -> None:
    orders = made.parent_list
    fitting = orders.collection.traits.fitting
    name = fitting("Kostenvoranschlag für Ä & B.csv")
    orders.add_attachment(made, name, files.csv(rng, 9), by=crew.boss.id)
    if rng.random() < 0.4:
        orders.add_attachment(made, fitting("sketch #1 100%.png"), files.png(rng), by=crew.boss.id)


def _give_own_permissions(made: ListItem, rng: Random, crew: Crew) -> None:
    made.break_inheritance(by=crew.boss.id, is_copied=rng.random() < 0.5)
    made.add_assignment(rng.choice(crew.users).id, CONTRIBUTE, by=crew.boss.id)
    made.add_assignment(crew.everybody.id, READ, by=crew.boss.id)


def _terms(of: SpList, name: str) -> tuple[TermValue, ...]:
    found = of.collection.terms.set_by_name(name)
    assert found is not None
    return tuple(one.value for one in found.walk())


def _rich_text(rng: Random) -> str:
    rows = "".join(f"<p>{one}</p>" for one in prose.paragraphs(rng, 2))
    return f'<div class="ExternalClass">{rows}<p>100&#160;% &amp; <b>more</b> ✓</p></div>'


def _moment(now: datetime, rng: Random, days: int) -> datetime:
    return now - timedelta(minutes=rng.randrange(-days * 360, days * 1440))


def _day(now: datetime, rng: Random, days: int) -> datetime:
    day = now - timedelta(days=rng.randrange(days))
    return day.replace(hour=0, minute=0, second=0)
