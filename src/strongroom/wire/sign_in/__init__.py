"""How requests prove who sends them: one way, one file.

Those of Windows (``windows.py``) are imported from their own file, because most connections never
need that library.
"""

from __future__ import annotations

from strongroom.wire.sign_in.basic import BasicSignIn
from strongroom.wire.sign_in.bearer import BearerSignIn
from strongroom.wire.sign_in.interfaces import ConnectionSignIn, Handshake, RenewableSignIn, SignIn

__all__ = [
    "BasicSignIn",
    "BearerSignIn",
    "ConnectionSignIn",
    "Handshake",
    "RenewableSignIn",
    "SignIn",
]
