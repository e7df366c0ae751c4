"""What columns of each type tell beside what all columns do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import (
    NO_GUID,
)

_SHIFTED = {
    "Text": "Text", "Note": "MultiLineText", "Choice": "Choice", "MultiChoice": "MultiChoice",
    "Number": "Number", "Currency": "Currency", "DateTime": "DateTime", "Lookup": "Lookup",
    "LookupMulti": "Lookup", "User": "User", "UserMulti": "User", "URL": "Url",
    "Calculated": "Calculated", "Computed": "Computed", "Guid": "Guid",
    "TaxonomyFieldType": "", "TaxonomyFieldTypeMulti": "",
}  # fmt: skip
_LARGEST = 1.7976931348623157e308
_FIRST_ID = re.compile(r"\{?([0-9A-Fa-f-]{36})\}?")


def more_of(_: Call, column: Field) -> Mapping[str, object]:
    """Give what only columns of this type tell."""
    kind = column.type.removesuffix("Multi") if column.is_multi else column.type
    describe = _BY_TYPE.get("MultiChoice" if column.type == "MultiChoice" else kind)
    return describe(column) if describe is not None else {}


def _text(column: Field) -> dict[str, object]:
    return {"MaxLength": int(column.attributes.get("MaxLength", "255"))}


def _note(column: Field) -> dict[str, object]:
    return {
        "AllowHyperlink": column.attributes.get("RichTextMode") == "FullHtml",
        "AppendOnly": column.is_set("AppendOnly"),
        "IsLongHyperlink": False,
        "NumberOfLines": int(column.attributes.get("NumLines", "6")),
        "RestrictedMode": column.attributes.get("RestrictedMode", "TRUE").upper() == "TRUE",
        "RichText": column.is_set("RichText"),
        "UnlimitedLengthInDocumentLibrary": column.is_set("UnlimitedLengthInDocumentLibrary"),
        "WikiLinking": False,
    }


def _number(column: Field) -> dict[str, object]:
    return {
        "CommaSeparator": True,
        "CustomUnitName": None,
        "CustomUnitOnRight": False,
        "DisplayFormat": int(column.attributes.get("Decimals", "-1")),
        "MaximumValue": float(column.attributes.get("Max", _LARGEST)),
        "MinimumValue": float(column.attributes.get("Min", -_LARGEST)),
        "ShowAsPercentage": column.is_set("Percentage"),
        "Unit": None,
    }


def _choice(column: Field) -> dict[str, object]:
    return {
        "FillInChoice": column.is_set("FillInChoice"),
        "Mappings": None,
        "Choices": list(column.choices),
    }


def _lookup(column: Field) -> dict[str, object]:
    is_shown = "FieldRef" in column.attributes
    return {
        "AllowMultipleValues": column.is_multi,
        "DependentLookupInternalNames": [],
        "IsDependentLookup": is_shown,
        "IsRelationship": bool(column.lookup_list) and not is_shown,
        "LookupField": column.attributes.get("ShowField", ""),
        "LookupList": column.attributes.get("List", ""),
        "LookupWebId": column.attributes.get("WebId", NO_GUID).strip("{}"),
        "PrimaryFieldId": column.attributes.get("FieldRef"),
        "RelationshipDeleteBehavior": 0,
        "UnlimitedLengthInDocumentLibrary": False,
    }


def _user(column: Field) -> dict[str, object]:
    return {
        **_lookup(column),
        "AllowDisplay": True,
        "Presence": True,
        "SelectionGroup": int(column.attributes.get("UserSelectionScope", "0")),
        "SelectionMode": int(column.attributes.get("UserSelectionMode") == "PeopleAndGroups"),
        "UserDisplayOptions": None,
    }


def _taxonomy(column: Field) -> dict[str, object]:
    def guid(name: str) -> str:
        near = column.inner_xml.find(f">{name}<")
        found = _FIRST_ID.search(column.inner_xml, near) if near >= 0 else None
        said = column.attributes.get(name, found[1] if found else NO_GUID)
        return said.strip("{}").casefold()

    return {
        **_lookup(column),
        "AnchorId": guid("AnchorId"),
        "CreateValuesInEditForm": False,
        "IsAnchorValid": True,
        "IsDocTagsEnabled": False,
        "IsKeyword": False,
        "IsPathRendered": False,
        "IsTermSetValid": guid("TermSetId") != NO_GUID,
        "Open": False,
        "SspId": guid("SspId"),
        "TargetTemplate": None,
        "TermSetId": guid("TermSetId"),
        "TextField": guid("TextField"),
        "UserCreated": False,
    }


def _calculated(column: Field) -> dict[str, object]:
    kinds = {"Text": 2, "Number": 9, "Currency": 10, "DateTime": 4, "Boolean": 8}
    return {
        "CurrencyLocaleId": 1033,
        "DateFormat": 0,
        "DisplayFormat": -1,
        "Formula": column.formula,
        "OutputType": kinds.get(column.attributes.get("ResultType", "Text"), 2),
        "ShowAsPercentage": False,
    }


def _date(column: Field) -> dict[str, object]:
    return {
        "DateTimeCalendarType": 0,
        "DateFormat": 0,
        "DisplayFormat": int(column.attributes.get("Format", "DateOnly") != "DateOnly"),
        "FriendlyDisplayFormat": 0,
    }


_BY_TYPE: Mapping[str, Callable[[Field], dict[str, object]]] = {
    "Text": _text,
    "Note": _note,
    "Number": _number,
    "Currency": lambda column: {**_number(column), "CurrencyLocaleId": 1033},
    "Choice": lambda column: {
        **_choice(column), "EditFormat": int(column.attributes.get("Format") == "RadioButtons")
    },
    "MultiChoice": _choice,
    "Lookup": _lookup,
    "User": _user,
    "TaxonomyFieldType": _taxonomy,
    "Calculated": _calculated,
    "DateTime": _date,
    "Computed": lambda column: {"EnableLookup": column.is_set("EnableLookup")},
    "URL": lambda column: {"DisplayFormat": int(column.attributes.get("Format") == "Image")},
}  # fmt: skip


def type_of_field(column: Field) -> str:
    """Name the type: ``SP.FieldText``."""
    if column.type.startswith("Taxonomy"):
        return "SP.Taxonomy.TaxonomyField"
    return f"SP.Field{_SHIFTED.get(column.type, '')}"
