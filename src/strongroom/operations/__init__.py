"""One story per file: backup, restore, browse, export, verify. Knows no Microsoft."""
