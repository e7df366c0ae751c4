"""Where is the Exchange of this address? Autodiscover in the published order, giving nothing away.

The order [1]: service connection points of the directory, ``https://domain``,
``https://autodiscover.domain``, a plain GET that may only be redirected, DNS service records, and
the JSON service; at each place SOAP first, then POX. What makes it dangerous is that all of these
but the first are names that somebody else may own or forge, and that the old clients sent a
password to whoever answered [2]. So a place has to be admitted before anything is sent
(``places``), nobody gets a credential before it proved its name by TLS and asked for exactly the
sign-in that we want to use (``walk``), and labels are never taken off a domain (``address``).

Source:
    [1] https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-generate-a-list-of-autodiscover-endpoints
    [2] https://www.guardicore.com/labs/autodiscovering-the-great-leak/
"""

from __future__ import annotations

from strongroom.wire.autodiscover.authenticator import (
    Authenticator,
    ConnectionAuthenticator,
    HeaderAuthenticator,
)
from strongroom.wire.autodiscover.directory import DirectoryServicePoints
from strongroom.wire.autodiscover.discover import discover
from strongroom.wire.autodiscover.plain_get import PlainGet
from strongroom.wire.autodiscover.seams import (
    PlainRedirects,
    ServicePoint,
    ServicePoints,
    ServiceRecord,
    ServiceRecords,
)
from strongroom.wire.autodiscover.service_records import DnsServiceRecords
from strongroom.wire.autodiscover.told import (
    AlternateMailbox,
    Attempt,
    Discovered,
    NotDiscovered,
    Outcome,
    QuestionKind,
    RedirectQuestion,
    Way,
)
from strongroom.wire.autodiscover.ways import Ways

__all__ = [
    "AlternateMailbox",
    "Attempt",
    "Authenticator",
    "ConnectionAuthenticator",
    "DirectoryServicePoints",
    "Discovered",
    "DnsServiceRecords",
    "HeaderAuthenticator",
    "NotDiscovered",
    "Outcome",
    "PlainGet",
    "PlainRedirects",
    "QuestionKind",
    "RedirectQuestion",
    "ServicePoint",
    "ServicePoints",
    "ServiceRecord",
    "ServiceRecords",
    "Way",
    "Ways",
    "discover",
]
