"""Mailboxes of a tenant by Graph, for reading: the way that stays once EWS has ended."""
