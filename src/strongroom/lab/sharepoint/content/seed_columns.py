"""The lists and libraries of a seeded site: columns of every kind, views, settings."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_types import DOCUMENT
from strongroom.lab.sharepoint.content.fields import choices_xml
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.seed_people import Crew
from strongroom.lab.sharepoint.content.views import View

FAMILIES = ("Boards", "Beams", "Sheets")
LABELS = ("urgent", "export", "rework", "repeat; order")
STATES = ("new", "cut", "delivered", "paid")
DEPARTMENTS = ("Office", "Mill", "Yard")
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_IS_NEW = (
    '<Where><Eq><FieldRef Name="State" /><Value Type="Choice">new</Value></Eq></Where>'
    '<OrderBy><FieldRef Name="Due" Ascending="FALSE" /></OrderBy>'
)
_IS_MINE = (
    '<Where><Eq><FieldRef Name="Responsible" /><Value Type="Integer"><UserID /></Value></Eq>'
    "</Where>"
)
_SUM = '<Aggregations Value="On"><FieldRef Name="Amount" Type="SUM" /></Aggregations>'
_RED_WHEN_NEW = '{"elmType":"div","txtContent":"@currentField"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The lists and libraries, empty."""

    customers: SpList
    products: SpList
    orders: SpList
    tasks: SpList
    news: SpList
    staff: SpList
    documents: SpList
    contracts: SpList
    pages: SpList


def make(collection: SiteCollection, crew: Crew) -> Shapes:
    """Make them."""
    root, by = collection.root, crew.boss.id
    customers, products = _customers(collection, by), _products(collection, by)
    documents = root.list_by_title("Documents")
    tasks = root.list_by_title("Tasks") or root.add_list("Tasks", by=by, base_template=171)
    pages = root.list_by_title("Site Pages") or root.add_list(
        "Site Pages", by=by, base_template=119, leaf="SitePages"
    )
    assert documents is not None
    _describe_documents(documents, customers, by)
    return Shapes(
        customers=customers,
        products=products,
        orders=_orders(collection, customers, products, by),
        tasks=tasks,
        news=_news(collection, by),
        staff=_staff(collection, by),
        documents=documents,
        contracts=_contracts(collection, by),
        pages=pages,
    )


def column_xml(kind: str, name: str, title: str = "", inner: str = "", **attributes: str) -> str:
    """Write a column's XML."""
    said = {"Type": kind, "Name": name, "DisplayName": title or name, **attributes}
    text = " ".join(f"{key}={quoteattr(value)}" for key, value in said.items())
    return f"<Field {text}>{inner}</Field>"


def managed_metadata(
    collection: SiteCollection, name: str, set_name: str, *, is_multi: bool
) -> str:
    """Write a managed metadata column."""
    terms = collection.terms
    found = terms.set_by_name(set_name)
    assert found is not None
    rows = {"SspId": terms.id, "TermSetId": found.id, "AnchorId": _NO_GUID}
    properties = "".join(
        f'<Property><Name>{key}</Name><Value xmlns:q="http://www.w3.org/2001/XMLSchema" '
        f'p:type="q:string" xmlns:p="http://www.w3.org/2001/XMLSchema-instance">{value}</Value>'
        "</Property>"
        for key, value in rows.items()
    )
    inner = f"<Customization><ArrayOfProperty>{properties}</ArrayOfProperty></Customization>"
    if is_multi:
        return column_xml(
            "TaxonomyFieldTypeMulti", name, inner=inner, ShowField="Term1033", Mult="TRUE"
        )
    return column_xml("TaxonomyFieldType", name, inner=inner, ShowField="Term1033")


def _lookup(name: str, other: SpList) -> str:
    return column_xml("Lookup", name, List=f"{{{other.id}}}", ShowField="Title", Indexed="TRUE")


def _lookups(name: str, other: SpList) -> str:
    return column_xml("LookupMulti", name, List=f"{{{other.id}}}", ShowField="Title", Mult="TRUE")


def _customers(collection: SiteCollection, by: int) -> SpList:
    made = collection.root.add_list("Customers", by=by, description="Who buys.")
    for xml in (
        column_xml("Text", "Code", Indexed="TRUE", MaxLength="12"),
        column_xml("URL", "Website", Format="Hyperlink"),
        column_xml("DateTime", "Since", "Customer since", Format="DateOnly"),
        column_xml("Number", "Rating", Min="0", Max="10", Decimals="1"),
        column_xml("Boolean", "IsActive", "Active", "<Default>1</Default>"),
        column_xml("Note", "Remarks", NumLines="6", RichText="TRUE", RichTextMode="FullHtml"),
    ):
        made.parse_field(xml, by=by, to_default_view=True)
    made.change_settings(by=by, has_versioning=False)
    return made


def _products(collection: SiteCollection, by: int) -> SpList:
    made = collection.root.add_list("Products & prices", by=by, leaf="Products")
    family = column_xml("Choice", "Family", inner=choices_xml(FAMILIES))
    made.parse_field(family, by=by, to_default_view=True)
    made.parse_field(column_xml("Currency", "Price", LCID="1031"), by=by)
    return made


def _orders(collection: SiteCollection, customers: SpList, products: SpList, by: int) -> SpList:
    made = collection.root.add_list("Orders", by=by, description="What was sold.")
    made.change_settings(by=by, has_versioning=True, major_limit=50)
    customer = made.parse_field(_lookup("Customer", customers), by=by, to_default_view=True)
    code = column_xml(
        "Lookup",
        "CustomerCode",
        "Customer:Code",
        List=f"{{{customers.id}}}",
        ShowField="Code",
        FieldRef=customer.id,
        ReadOnly="TRUE",
    )
    total = column_xml(
        "Calculated",
        "Total",
        inner="<Formula>=[Amount]*[Quantity]</Formula>",
        ResultType="Currency",
        ReadOnly="TRUE",
    )
    for xml in (
        code,
        _lookups("Lines", products),
        column_xml("User", "Responsible", UserSelectionMode="0"),
        column_xml("UserMulti", "Team", Mult="TRUE", UserSelectionMode="1"),
        column_xml("MultiChoice", "Labels", inner=choices_xml(LABELS)),
        column_xml("Choice", "State", inner=choices_xml(STATES, default=STATES[0]), Indexed="TRUE"),
        column_xml("Currency", "Amount", LCID="1031", Decimals="2"),
        column_xml("Number", "Quantity", Decimals="0"),
        total,
        managed_metadata(collection, "Region", "Regions", is_multi=False),
        managed_metadata(collection, "Topics", "Topics", is_multi=True),
        column_xml("DateTime", "Due", Format="DateTime"),
        column_xml("URL", "Drawing", Format="Image"),
        column_xml("Note", "Notes", NumLines="6", RichText="FALSE"),
        column_xml("Boolean", "Express", inner="<Default>0</Default>"),
    ):
        made.parse_field(xml, by=by)
    made.change_settings(
        by=by,
        has_folders=True,
        validation_formula="=[Quantity]>=0",
        validation_message="Nobody orders less than nothing.",
    )
    made.update_root({"yard_section": "sales"}, by=by)
    _add_views(made, collection, by)
    return made


def _add_views(made: SpList, collection: SiteCollection, by: int) -> None:
    fresh = View(
        id=collection.new_guid(),
        title="New orders",
        fields=["LinkTitle", "Customer", "Due", "Amount", "Total"],
        query=_IS_NEW,
        row_limit=50,
        formatter=_RED_WHEN_NEW,
        aggregations=_SUM,
    )
    mine = View(
        id=collection.new_guid(),
        title="Mine",
        fields=["LinkTitle", "Customer"],
        query=_IS_MINE,
        owner_id=by,
    )
    for one in (fresh, mine):
        made.add_view(one, by=by)


def _news(collection: SiteCollection, by: int) -> SpList:
    made = collection.root.add_list("Notices", by=by, leaf="News")
    made.parse_field(column_xml("Note", "Body", NumLines="15", RichText="TRUE"), by=by)
    made.parse_field(column_xml("DateTime", "Expires"), by=by)
    made.change_settings(by=by, has_moderation=True, draft_visibility=2)
    return made


def _staff(collection: SiteCollection, by: int) -> SpList:
    made = collection.root.webs["hr"].add_list("Staff", by=by)
    made.parse_field(column_xml("User", "Person"), by=by)
    made.parse_field(column_xml("DateTime", "Joined"), by=by)
    return made


def _describe_documents(documents: SpList, customers: SpList, by: int) -> None:
    for xml in (
        column_xml("Choice", "Department", inner=choices_xml(DEPARTMENTS)),
        _lookup("Client", customers),
        column_xml("UserMulti", "Reviewers", Mult="TRUE"),
        managed_metadata(documents.collection, "Topic", "Topics", is_multi=False),
        column_xml("DateTime", "Reviewed", Format="DateOnly"),
    ):
        documents.parse_field(xml, by=by, to_default_view=True)
    documents.change_settings(by=by, has_versioning=True, major_limit=500)


def _contracts(collection: SiteCollection, by: int) -> SpList:
    """Make a library with drafts and approval, and a content type of the web."""
    made = collection.root.add_list("Contracts", by=by, base_template=101)
    kinds = collection.root.content_types.values()
    contract = next(one for one in kinds if one.name == "Contract" and one.parent_id == DOCUMENT)
    copy = made.add_content_type(contract, by=by)
    made.content_type_order = [copy.id]
    made.change_settings(
        by=by,
        has_content_types=True,
        has_versioning=True,
        has_minor_versions=True,
        has_moderation=True,
        draft_visibility=2,
        major_limit=5,
        minor_limit=2,
    )
    return made
