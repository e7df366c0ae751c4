"""A small site that has one of everything, put there by the lab's model and not over the wire."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

from strongroom.lab.sharepoint.content.classic_pages import (
    add_web_part,
    add_web_part_page,
    add_wiki_page,
    content_editor,
    embedded,
    layout_page,
    script_editor,
)
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_types import ContentType, FieldLink, child_id
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.pages import PageContent, add_page, publish_page
from strongroom.lab.sharepoint.content.permissions import CONTRIBUTE, READ
from strongroom.lab.sharepoint.content.principals import Group, User
from strongroom.lab.sharepoint.content.seed_columns import managed_metadata
from strongroom.lab.sharepoint.content.values import Stamp, UrlValue
from strongroom.lab.sharepoint.content.views import View

SITE_COLUMN = "e7b1f5a0-3c52-4a3e-9f0e-6a1f3f1c0d01"
INVOICE = child_id("0x0101", "8c6d1c2e-7f39-4a07-9d53-0d4f5a3b2c11")
DUE = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
MADE = datetime(2024, 2, 29, 8, 0, 5, tzinfo=UTC)
CHANGED = datetime(2025, 3, 1, 17, 45, tzinfo=UTC)
FORMULA = "<Formula>=[Size]*2</Formula>"
MASK = 432 << 32 | 1011028719
CANVAS = (
    '[{"controlType":4,"id":"6f8a1f52-6a5e-4d2d-8a3f-0d6b0c6c0a01","position":{"zoneIndex":1,'
    '"sectionIndex":1,"controlIndex":1,"layoutIndex":1,"sectionFactor":12},'
    '"innerHTML":"<p>Welcome &amp; hello</p>"}]'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What was put in, for whoever looks for it."""

    collection: SiteCollection
    ann: User
    bob: User
    group: Group
    projects: SpList
    tasks: SpList
    papers: SpList
    pages: SpList
    task: ListItem
    report: ListItem
    office: ListItem
    page: ListItem
    wiki: ListItem


def stage(collection: SiteCollection, *, is_old: bool = False) -> Staged:
    """Fill an empty site.

    Args:
        collection: As it was just made.
        is_old: Leave out what came with SharePoint Server 2019: modern pages, and names with ``#``,
            ``%`` and ``&``.
    """
    with collection.lock:
        ann = _person(collection, "ann@lab.example", "Ann Archer")
        bob = _person(collection, "bob@lab.example", "Bob Brewer")
        group = collection.principals.add_group(
            "Auditors", description="They look", owner_id=ann.id
        )
        collection.principals.add_member(group, bob)
        role = collection.add_role("Look closely", MASK, by=ann.id, description="And no more")
        _describe_web(collection, ann.id)
        projects, tasks = _projects(collection, ann.id), _tasks(collection, ann.id)
        task = _fill_tasks(collection, tasks, projects, (ann, bob))
        hanging = "colours.txt" if is_old else "colours & more.txt"
        tasks.add_attachment(task, hanging, b"green #4a7", by=ann.id)
        tasks.update_item(
            task, {"Title": "Paint the whole fence"}, by=ann.id,
            stamp=Stamp(modified=CHANGED, editor_id=bob.id),
        )  # fmt: skip
        papers = _papers(collection, ann.id)
        report, office = _fill_papers(papers, ann.id, bob.id, is_old=is_old)
        task.break_inheritance(by=ann.id, is_copied=False)
        task.add_assignment(bob.id, CONTRIBUTE, by=ann.id)
        task.add_assignment(group.id, role.id, by=ann.id)
        papers.break_inheritance(by=ann.id)
        papers.add_assignment(group.id, READ, by=ann.id)
        pages, page, wiki = _pages(collection, ann.id, is_old=is_old)
    return Staged(
        collection=collection, ann=ann, bob=bob, group=group, projects=projects, tasks=tasks,
        papers=papers, pages=pages, task=task, report=report, office=office, page=page, wiki=wiki,
    )  # fmt: skip


def docx(text: str) -> bytes:
    """Make a small Office file."""
    out = BytesIO()
    with ZipFile(out, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
        )
        package.writestr("word/document.xml", f"<document>{text}</document>")
    return out.getvalue()


def _person(collection: SiteCollection, address: str, name: str) -> User:
    login = collection.login_of(address)
    return collection.principals.ensure_user(login, title=name, email=address)


def _describe_web(collection: SiteCollection, by: int) -> None:
    root = collection.root
    root.update(
        by=by, description="Where we keep it", logo_url=root.inside("SiteAssets/logo.png"),
        tree_view_enabled=True,
    )  # fmt: skip
    root.regional.locale_id, root.regional.time_zone = 1031, 4
    root.regional.has_24_hours = True
    root.properties["Department"] = "Records & archives"
    root.features.add("aebc918d-b20f-4a11-a1db-9ed84d79c87e")
    root.add_field(
        f'<Field ID="{{{SITE_COLUMN}}}" Type="Number" Name="Amount" StaticName="Amount"'
        ' DisplayName="Amount due" Group="Accounts" Min="0" Decimals="2" />',
        by=by,
    )
    root.add_content_type(
        ContentType(
            id=INVOICE, name="Invoice", parent_id="0x0101", group="Accounts",
            description="To be paid",
            links=[FieldLink(id=SITE_COLUMN, name="Amount", is_required=True)],
        ),
        by=by,
    )  # fmt: skip
    node = root.navigation.new_node("Papers", root.inside("Papers"))
    node.children.append(
        root.navigation.new_node("Elsewhere", "https://elsewhere.example/x", is_external=True)
    )
    root.navigation.quick_launch.append(node)
    below = root.add_web("hr", "People & pay", by=by, inherits=False)
    below.add_list("Holidays", by=by).add_item({"Title": "New Year"}, by=by)


def _projects(collection: SiteCollection, by: int) -> SpList:
    made = collection.root.add_list("Projects", by=by)
    for title in ("Apollo", "Gemini", "Mercury"):
        made.add_item({"Title": title}, by=by)
    return made


def _tasks(collection: SiteCollection, by: int) -> SpList:
    root = collection.root
    projects = root.list_by_title("Projects")
    assert projects is not None
    made = root.add_list("Jobs & chores", by=by, leaf="Jobs", description="What is to be done")
    made.change_settings(
        by=by, has_versioning=True, has_folders=True, is_on_quick_launch=True, major_limit=7,
        validation_formula='=Size<>13', validation_message="Not thirteen",
    )  # fmt: skip
    if collection.terms.set_by_name("Rooms") is None:
        collection.terms.add_set("Rooms", "Cellar", "Attic")
    look = f'List="{{{projects.id}}}" ShowField="Title"'
    for xml in (
        '<Field Type="Note" Name="Body" DisplayName="Story" NumLines="6" RichText="FALSE" />',
        '<Field Type="Number" Name="Size" DisplayName="Size" Decimals="1" />',
        '<Field Type="DateTime" Name="Due" DisplayName="Due on" Indexed="TRUE" />',
        _choice("Choice", "State", "new", "half done"),
        _choice("MultiChoice", "Colours", "red", "blue", "grey"),
        '<Field Type="Boolean" Name="Urgent" DisplayName="Urgent"><Default>0</Default></Field>',
        '<Field Type="User" Name="Helper" DisplayName="Helper" List="UserInfo" />',
        '<Field Type="UserMulti" Name="Watchers" DisplayName="Watchers" Mult="TRUE" />',
        f'<Field Type="Lookup" Name="Project" DisplayName="Project" {look} />',
        f'<Field Type="LookupMulti" Name="Related" DisplayName="Related" {look} Mult="TRUE" />',
        '<Field Type="URL" Name="Link" DisplayName="Link" Format="Hyperlink" />',
        managed_metadata(collection, "Room", "Rooms", is_multi=False),
        managed_metadata(collection, "Rooms", "Rooms", is_multi=True),
        '<Field Type="Text" Name="Marker" DisplayName="Marker" Hidden="TRUE" />',
        f'<Field Type="Calculated" Name="Twice" DisplayName="Twice">{FORMULA}</Field>',
    ):
        # Its id is made of its name, so that it is the same wherever the site is staged.
        number = uuid.uuid5(uuid.NAMESPACE_OID, xml.partition(' Name="')[2].partition('"')[0])
        made.parse_field(xml.replace("<Field ", f'<Field ID="{{{number}}}" ', 1), by=by)
    made.add_view(
        View(
            id=collection.new_guid(), title="Urgent ones", fields=["LinkTitle", "Due", "Project"],
            query='<OrderBy><FieldRef Name="Due" /></OrderBy><Where><Eq><FieldRef Name="Urgent" />'
            '<Value Type="Boolean">1</Value></Eq></Where>',
            row_limit=17, formatter='{"additionalRowClass":"x"}',
        ),
        by=by,
    )  # fmt: skip
    return made


def _choice(kind: str, name: str, *choices: str) -> str:
    first = f"<Default>{choices[0]}</Default>" if kind == "Choice" else ""
    return f'<Field Type="{kind}" Name="{name}" DisplayName="{name}">{first}' + (
        "<CHOICES>" + "".join(f"<CHOICE>{one}</CHOICE>" for one in choices) + "</CHOICES></Field>"
    )


def _fill_tasks(
    collection: SiteCollection, tasks: SpList, projects: SpList, people: tuple[User, User]
) -> ListItem:
    ann, bob = people
    by = ann.id
    ids = [one.id for one in projects.items.values()]
    rooms = collection.terms.set_by_name("Rooms")
    assert rooms is not None
    cellar, attic = (one.value for one in rooms.terms)
    task = tasks.add_item(
        {
            "Title": "Paint the fence",
            "Body": "Two coats\nof green; <b>not</b> blue & no drips",
            "Size": 2.5,
            "Marker": "nobody sees me",
            "Due": DUE,
            "State": "half done",
            "Colours": ("red", "grey"),
            "Urgent": True,
            "Helper": bob.id,
            "Watchers": (ann.id, bob.id),
            "Project": ids[1],
            "Related": (ids[0], ids[2]),
            "Link": UrlValue(url="https://elsewhere.example/?a=1,2", description="Look, here"),
            "Room": cellar,
            "Rooms": (attic, cellar),
        },
        by=by,
        stamp=Stamp(created=MADE, modified=CHANGED, author_id=bob.id, editor_id=ann.id),
    )
    garden = tasks.add_folder("Garden", by=by)
    shed = tasks.add_folder("Shed", by=by, folder=garden)
    tasks.add_item({"Title": "Same title", "Size": 1}, by=by, folder=shed)
    tasks.add_item({"Title": "Same title", "Size": 2}, by=by, folder=shed)
    for number in range(5):
        tasks.add_item({"Title": f"Chore {number}", "Size": number}, by=by)
    return task


def _papers(collection: SiteCollection, by: int) -> SpList:
    root = collection.root
    made = root.add_list("Papers", by=by, base_template=101)
    made.change_settings(
        by=by, has_versioning=True, has_content_types=True, has_minor_versions=True, minor_limit=3
    )
    copy = made.add_content_type(root.content_types[INVOICE], by=by)
    made.content_type_order = [copy.id]
    made.root_properties["Keeper"] = "Ann & Bob"
    made.custom_actions.append(
        {
            "Id": collection.new_guid(), "Name": "stamp", "Title": "Stamp it", "Sequence": "3",
            "Location": "EditControlBlock", "Url": root.inside("stamp.aspx"),
        }
    )  # fmt: skip
    return made


def _fill_papers(papers: SpList, ann: int, bob: int, *, is_old: bool) -> tuple[ListItem, ListItem]:
    folder = papers.add_folder("2025", by=ann)
    names = ("Q1", "report.txt") if is_old else ("Q1 & Q2", "report 100%#1.txt")
    inner = papers.add_folder(names[0], by=ann, folder=folder)
    report = papers.upload(names[1], b"first\r\n", by=ann, folder=inner)
    papers.publish(report, by=ann, comment="out it goes")
    papers.save_content(
        report, b"second draft\r\n", by=bob, values={"Title": "The report"},
        stamp=Stamp(modified=CHANGED, editor_id=bob),
    )  # fmt: skip
    office = papers.upload(
        "bill.docx", docx("please pay"), by=ann, content_type_id=INVOICE,
        values={"Title": "A bill", "Amount": 12.5}, stamp=Stamp(created=MADE, author_id=bob),
    )  # fmt: skip
    papers.publish(office, by=ann, comment="final")
    out = papers.upload("draft.txt", b"mine alone", by=ann, folder=folder)
    papers.check_out(out, by=ann)
    return report, office


def _pages(
    collection: SiteCollection, by: int, *, is_old: bool
) -> tuple[SpList, ListItem, ListItem]:
    library = collection.root.list_by_title("Site Pages")
    assert library is not None
    wiki = add_wiki_page(library, "Old.aspx", "<p>Once upon a time</p>", by=by)
    part = script_editor("Notice", "<script>alert(1)</script>")
    made = add_web_part(wiki, part, by=by, zone_id="wpz", zone_index=0)
    text = f"<p>Once upon a time</p>{embedded(made)}"
    library.update_item(wiki, {"WikiField": text}, by=by)
    layout = layout_page("Header", "Right", rows="<h1>Ours</h1>")
    classic = add_web_part_page(library, "Zones.aspx", by=by, layout=layout, is_customized=True)
    for place, title in enumerate(("Upper", "Lower")):
        xml = content_editor(title, f"<p>{title}</p>")
        add_web_part(classic, xml, by=by, zone_id="Right", zone_index=place)
    if is_old:
        return library, classic, wiki
    content = PageContent(title="News", canvas=CANVAS, description="What is new")
    page = add_page(library, "News.aspx", content, by=by)
    publish_page(page, by=by)
    return library, page, wiki
