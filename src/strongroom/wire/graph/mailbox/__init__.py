"""Mailboxes by Graph's import and export: one kind of request, one file.

``line`` sends and tries again, for one mailbox; ``batch`` sends many small questions as one.

Source:
    https://learn.microsoft.com/graph/api/resources/mailbox-import-export-api-overview
"""
