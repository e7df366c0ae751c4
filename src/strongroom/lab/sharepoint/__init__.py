"""SharePoint as far as signing in and looking at a site go: Online, and a farm of one's own.

farm = Farm(kind="online")
farm.add_site("/sites/marketing", "Marketing")
face = SharePointFace(farm, url=lambda: server.url, directory=directory, tenant=tenant)
for beginning in face.beginnings:
    server.pages[beginning] = face.answer
farm.legacy = "retired"
"""

from __future__ import annotations

from strongroom.lab.sharepoint.face import SharePointFace
from strongroom.lab.sharepoint.farm import Farm, Legacy, Visitor

__all__ = ["Farm", "Legacy", "SharePointFace", "Visitor"]
