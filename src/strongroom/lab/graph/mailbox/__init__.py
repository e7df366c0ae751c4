"""Mailboxes by Microsoft Graph: the import and export API, over the same estate as EWS.

What is not confirmed by anything is a habit (``habits.py``), so that a test can have it both ways.

Source:
    https://learn.microsoft.com/graph/api/resources/mailbox-import-export-api-overview
"""
