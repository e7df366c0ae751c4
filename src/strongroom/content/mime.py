"""Internet mail (MIME, .eml) to the message model and back."""

from __future__ import annotations

from strongroom.content.mime_read import from_mime
from strongroom.content.mime_write import to_mime

__all__ = ["from_mime", "to_mime"]
