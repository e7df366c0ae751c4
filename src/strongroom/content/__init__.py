"""What an item says: the message model, export streams, MIME, Outlook files, names for files."""
