"""A site's refusals in SharePoint's own codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strongroom.lab.sharepoint.content import refusals
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.errors import ApiError


def translated(refused: refusals.Refused) -> ApiError:
    """Give the refusal that a face shows."""
    text = str(refused)
    for kind, translate in _TRANSLATIONS.items():
        if isinstance(refused, kind):
            return translate(text)
    return errors.failed(text)


_LOCKED = "-2147018894, Microsoft.SharePoint.SPFileLockException"
_TRANSLATIONS: Mapping[type[refusals.Refused], Callable[[str], ApiError]] = {
    refusals.SiteIsReadOnly: lambda _: errors.denied(),
    refusals.SiteIsLocked: lambda _: errors.denied(),
    refusals.ThresholdExceeded: lambda _: errors.over_threshold(),
    refusals.FileLocked: lambda text: ApiError(423, _LOCKED, text),
    refusals.NotCheckedOut: lambda text: ApiError(423, _LOCKED, text),
    refusals.SaveConflict: lambda text: ApiError(409, f"-2130575305, {errors.SP_EXCEPTION}", text),
    refusals.AlreadyExists: errors.exists,
    refusals.NotFound: errors.not_found,
    refusals.FileTooLarge: lambda text: errors.failed(text, status=413),
    # The text is what people see in a browser; its number is not confirmed.
    refusals.FileBlocked: errors.failed,
    # The text is documented; number and status are not confirmed.
    refusals.QuotaExceeded: lambda text: errors.failed(text, code=-2130575169, status=507),
    refusals.ValueRefused: lambda text: errors.failed(text, code=-2130575163),
}
