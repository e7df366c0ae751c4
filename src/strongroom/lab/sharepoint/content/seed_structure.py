"""What a seeded site is: its settings, its groups, its navigation, its subweb."""

from __future__ import annotations

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_types import (
    DOCUMENT,
    ContentType,
    FieldLink,
    child_id,
)
from strongroom.lab.sharepoint.content.permissions import CONTRIBUTE, READ
from strongroom.lab.sharepoint.content.seed_people import Crew
from strongroom.lab.sharepoint.content.web_core import Regional

TOPICS = ("Oak", "Ash & elm", "Larch", "Brücke", "Roof", "屋根")
REGIONS = ("North", "South", "Överkalix")
REVIEWER_MASK = 432 << 32 | 1011028719
_CONTRACT = "5e0d1a7c-4b3f-4c8e-a9d2-7f1b6c3e8d90"
_MINIMAL_PUBLISHING = "94c94ca6-b32f-4da9-a9e3-1f3d343d7ecb"


def describe(collection: SiteCollection, crew: Crew) -> None:
    """Set the site up: everything that lies in no list."""
    root, by = collection.root, crew.boss.id
    root.update(
        by=by,
        description="Where the yard keeps what it knows.",
        logo_url=root.inside("SiteAssets/logo.png"),
        regional=Regional(locale_id=1031, time_zone=4, has_24_hours=True, first_day_of_week=1),
    )
    root.set_properties({"yard_color": "green", "yard_Ünicode": "Größe <1> & mehr"}, by=by)
    root.switch_feature(_MINIMAL_PUBLISHING, is_on=True, by=by)
    above = root.add_node("Suppliers", "https://supplier.example/", by=by, is_external=True)
    root.add_node("Timber", "https://supplier.example/timber", by=by, above=above, is_external=True)
    root.add_node("Handbook", root.inside("SitePages/Handbook.aspx"), by=by, is_top=True)
    root.custom_actions.append(
        {
            "Id": collection.new_guid(),
            "Name": "yard.export",
            "Title": "Export the list",
            "Location": "CommandUI.Ribbon",
            "Url": "~site/SitePages/Handbook.aspx",
            "Sequence": "100",
        }
    )
    reviewer = collection.add_role("Reviewers", REVIEWER_MASK, by=by, description="May comment.")
    assert root.permissions is not None
    root.add_assignment(crew.auditors.id, reviewer.id, by=by)
    for name, labels in (("Topics", TOPICS), ("Regions", REGIONS)):
        if collection.terms.set_by_name(name) is None:
            collection.terms.add_set(name, *labels)
    _describe_columns(collection, by)
    _make_subweb(collection, crew)


def _describe_columns(collection: SiteCollection, by: int) -> None:
    """Make site columns, and a content type that uses them."""
    root = collection.root
    number = root.add_field(
        '<Field Type="Text" Name="ContractNumber" DisplayName="Contract number" MaxLength="20" '
        'Group="Yard" Required="TRUE" />',
        by=by,
    )
    value = root.add_field(
        '<Field Type="Currency" Name="ContractValue" DisplayName="Value" LCID="1031" Decimals="2" '
        'Group="Yard" />',
        by=by,
    )
    links = [
        FieldLink(id=number.id, name=number.name, is_required=True),
        FieldLink(id=value.id, name=value.name),
    ]
    root.add_content_type(
        ContentType(
            id=child_id(DOCUMENT, _CONTRACT),
            name="Contract",
            parent_id=DOCUMENT,
            group="Yard",
            description="Signed papers.",
            links=links,
        ),
        by=by,
    )


def _make_subweb(collection: SiteCollection, crew: Crew) -> None:
    by = crew.boss.id
    hr = collection.root.webs.get("hr")
    if hr is None:
        hr = collection.root.add_web("hr", "People", by=by)
    hr.break_inheritance(by=by, is_copied=False)
    hr.add_assignment(crew.auditors.id, READ, by=by)
    hr.add_assignment(crew.users[1].id, CONTRIBUTE, by=by)
    hr.update(by=by, regional=Regional(locale_id=1033, time_zone=2))
