"""Mailboxes of a tenant by Graph, for writing: folders made, items imported and read back."""
