"""The simulated organisation: mailboxes, folders, items and their history. Knows no protocol."""
