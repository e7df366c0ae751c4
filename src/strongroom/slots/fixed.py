"""The numbers we start with, until the measured controller takes their place.

They are deliberately on the gentle side of what servers document:

- Exchange lets one mailbox have 27 requests open at once (16 seen in Exchange Online) and 5 that
  synchronise; Microsoft's own advice to clients is to stay below ten. Four keep a server busy over
  a 50 ms line and never meet a limit, even when a person works in the same mailbox.
- A batch is ended by the server after one minute, and an answer above some megabytes costs memory
  on both sides. Two mebibytes of items are a second or so of work for an ordinary server.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
"""

from __future__ import annotations

SLOTS_PER_SERVER = 4
BATCH_ITEMS_MAX = 50
BATCH_BYTES_MAX = 2 * 1024 * 1024
SYNC_ITEMS_MAX = 512
"""The largest page that SyncFolderItems takes."""

REQUEST_BYTES_MAX = 64 * 1024 * 1024
"""What Exchange accepts in one request by default, base64 and envelope included."""
