"""Items that nobody but their recipients can read: signed, encrypted, rights-protected.

They are kept as they are. A person is told, because search and preview cannot look inside, and
because an encrypted item is worth nothing without the recipient's key.
"""

from __future__ import annotations

from functools import lru_cache

_SIGNED = "signed: kept as it is"
_ENCRYPTED = "encrypted: kept as it is, readable only with its recipient's key"
_RIGHTS = "rights-protected: kept as it is, readable only with a licence from its organisation"

# S/MIME classes by their ending, [MS-OXOSMIME]; the longer ending first.
_CLASSES = (
    (".smime.multipartsigned", _SIGNED),
    (".smime", _ENCRYPTED),
    (".secure.sign", _SIGNED),
    (".secure", _ENCRYPTED),
    (".rpmsg.microsoft.voicemail.um", _RIGHTS),
)

# A rights-protected message is an ordinary note that carries its content as this attachment,
# [MS-OXORMMS] 2.2.2.
RIGHTS_ATTACHMENT = "message.rpmsg"
RIGHTS_CONTENT_CLASS = "rpmsg.message"


def notes(item_class: str, *, content_class: str | None = None) -> tuple[str, ...]:
    """Say what protects an item, judged by how it is filed.

    Args:
        item_class: The message class, ``IPM.Note.SMIME``.
        content_class: The Content-Class header as the server keeps it, if it was asked.
    """
    found = _of_class(item_class)
    if (content_class or "").lower() == RIGHTS_CONTENT_CLASS:
        found = (*found, _RIGHTS)
    return found


@lru_cache(maxsize=256)
def _of_class(item_class: str) -> tuple[str, ...]:
    """Remembered, since this is asked for every item and there are few classes."""
    lower = item_class.lower()
    return tuple(text for ending, text in _CLASSES if lower.endswith(ending))[:1]
