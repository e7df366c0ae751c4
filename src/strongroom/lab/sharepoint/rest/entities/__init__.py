"""The types that ``/_api`` knows, a file per group, each a table of what it tells.

Keys and types of what every answer has are those of recorded answers of Online.
"""
