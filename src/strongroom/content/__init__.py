"""What an item says: export streams, MIME, Outlook files; export to files."""
