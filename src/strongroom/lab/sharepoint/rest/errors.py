"""Refusals in SharePoint's own words, in both forms.

The codes were recorded from Online; those that were not are marked so where they are used.
"""

from __future__ import annotations

from strongroom.lab.sharepoint.rest.formats import Format

SP_EXCEPTION = "Microsoft.SharePoint.SPException"
QUERY = "-1, Microsoft.SharePoint.Client.InvalidClientQueryException"
ARGUMENT = "-1, System.ArgumentException"


class ApiError(Exception):
    """A question that is refused.

    Attributes:
        status: HTTP status.
        code: ``number, .NET type``.
        text: For people.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


def error_body(error: ApiError, form: Format) -> dict[str, object]:
    """Write a refusal: its root is named differently in verbose answers."""
    root = "error" if form is Format.VERBOSE else "odata.error"
    return {root: {"code": error.code, "message": {"lang": "en-US", "value": error.text}}}


def bad_query(text: str) -> ApiError:
    """Refuse a question that is not well formed."""
    return ApiError(400, QUERY, text)


def bad_argument(text: str) -> ApiError:
    """Refuse a value."""
    return ApiError(400, "-2147024809, System.ArgumentException", text)


def missing(name: str) -> ApiError:
    """Refuse a call without a parameter that it needs."""
    return bad_query(f"The parameter {name} is missing or is not valid.")


def no_resource(name: str) -> ApiError:
    """Say that an address leads nowhere."""
    text = f"Cannot find resource for the request {name}."
    return ApiError(404, "-1, Microsoft.SharePoint.Client.ResourceNotFoundException", text)


def no_property(name: str, kind: str) -> ApiError:
    """Say that nothing of this kind has such a property."""
    return bad_query(
        f"The property '{name}' does not exist on type '{kind}'. Make sure to only use"
        " property names that are defined by the type."
    )


def no_field(name: str) -> ApiError:
    """Say that a list has no such column."""
    return bad_query(f"The field or property '{name}' does not exist.")


def no_list(name: str, url: str) -> ApiError:
    """Say that a web has no such list."""
    return ApiError(404, ARGUMENT, f"List '{name}' does not exist at site with URL '{url}'.")


def no_item() -> ApiError:
    """Say that a list has no such item."""
    text = "Item does not exist. It may have been deleted by another user."
    return ApiError(404, f"-2130575338, {SP_EXCEPTION}", text)


def no_file(path: str) -> ApiError:
    """Say that a file is missing."""
    text = f"The file {path} does not exist."
    return ApiError(404, f"-2130575338, {SP_EXCEPTION}", text)


def not_found(text: str = "File Not Found.") -> ApiError:
    """Say that something else is missing."""
    return ApiError(404, "-2147024894, System.IO.FileNotFoundException", text)


def denied() -> ApiError:
    """Say that somebody lacks a right."""
    text = (
        "Access denied. You do not have permission to perform this action or access this resource."
    )
    return ApiError(403, "-2147024891, System.UnauthorizedAccessException", text)


def conflict(asked: str, own: str) -> ApiError:
    """Say that something changed since it was read."""
    text = f"The request ETag value '{asked}' does not match the object's ETag value '{own}'."
    return ApiError(412, f"-2130575305, {SP_EXCEPTION}", text)


def locked(path: str, by: str) -> ApiError:
    """Say that somebody else has a file checked out or open."""
    text = f'The file "{path}" is locked for exclusive use by {by}.'
    return ApiError(423, "-2147018894, Microsoft.SharePoint.SPFileLockException", text)


def over_threshold() -> ApiError:
    """Say that a query would touch too many rows."""
    text = "The attempted operation is prohibited because it exceeds the list view threshold."
    return ApiError(500, "-2147024860, Microsoft.SharePoint.SPQueryThrottledException", text)


def exists(text: str) -> ApiError:
    """Say that a file of this name is there already."""
    return ApiError(400, f"-2130575257, {SP_EXCEPTION}", text)


def failed(text: str, *, code: int = -2146232832, status: int = 400) -> ApiError:
    """Refuse for a reason without a code of its own."""
    return ApiError(status, f"{code}, {SP_EXCEPTION}", text)
