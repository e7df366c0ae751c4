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
from strongroom.lab.sharepoint.farm import Farm, FarmSite, Legacy, Visitor
from strongroom.lab.sharepoint.rights import Level
from strongroom.lab.sharepoint.sign_in_server import SignInServer

__all__ = ["Farm", "FarmSite", "Legacy", "Level", "SharePointFace", "SignInServer", "Visitor"]
