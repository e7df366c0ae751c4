"""Settings of lists: what can be changed, and how the model calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.lab.sharepoint.rest.kinds import Body

_SETTINGS: Mapping[str, str] = {
    "Description": "description",
    "Hidden": "is_hidden",
    "EnableVersioning": "has_versioning",
    "EnableMinorVersions": "has_minor_versions",
    "MajorVersionLimit": "major_limit",
    "MajorWithMinorVersionsLimit": "minor_limit",
    "ForceCheckout": "needs_check_out",
    "EnableModeration": "has_moderation",
    "DraftVersionVisibility": "draft_visibility",
    "ContentTypesEnabled": "has_content_types",
    "EnableAttachments": "has_attachments",
    "EnableFolderCreation": "has_folders",
    "OnQuickLaunch": "is_on_quick_launch",
    "NoCrawl": "is_not_crawled",
    "ParserDisabled": "is_parser_disabled",
    "IrmEnabled": "has_irm",
    "ValidationFormula": "validation_formula",
    "ValidationMessage": "validation_message",
    "ReadSecurity": "read_security",
    "WriteSecurity": "write_security",
    "ListExperienceOptions": "experience",
    "Direction": "direction",
    "ImageUrl": "image_url",
    "DocumentTemplateUrl": "document_template",
    "DefaultSensitivityLabelForLibrary": "default_sensitivity_label",
    "DisableCommenting": "comments_disabled",
    "DisableGridEditing": "grid_disabled",
}
"""What can be changed, and how the model calls it."""


def settings_in(body: Body) -> dict[str, Any]:
    """Read the settings that somebody sends."""
    found: dict[str, Any] = {}
    for name, attribute in _SETTINGS.items():
        if name in body and body[name] is not None:
            value = body[name]
            # Numbers come as texts from some.
            is_text_number = isinstance(value, str) and value.isdecimal() and "limit" in attribute
            found[attribute] = int(value) if is_text_number else value
    return found


def setting(name: str) -> Any:  # noqa: ANN401 - a getter of any value
    """Give what tells a setting."""
    attribute = _SETTINGS[name]
    return lambda _, of: getattr(of.settings, attribute)
