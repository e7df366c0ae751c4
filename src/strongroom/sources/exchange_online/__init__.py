"""Exchange Online: its directory by Graph, its mailboxes by EWS while that lasts."""
