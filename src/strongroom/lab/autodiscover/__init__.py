"""Autodiscover as Exchange serves it: SOAP, POX and JSON on one host, and what attackers serve.

face = AutodiscoverFace(estate, ews_url=lambda: server.ews_url, sign_in=check)
server.pages["/autodiscover/"] = face.answer
face.kinds["ben@lab.example"] = LooksFor("ben@other.example")
"""

from __future__ import annotations

from strongroom.lab.autodiscover.face import AutodiscoverFace
from strongroom.lab.autodiscover.hostile import Hostility
from strongroom.lab.autodiscover.kinds import AsksAt, IsMoved, LooksFor

__all__ = ["AsksAt", "AutodiscoverFace", "Hostility", "IsMoved", "LooksFor"]
