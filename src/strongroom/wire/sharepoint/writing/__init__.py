"""Writing to a site by ``_api``: one kind of thing, one file; each function says one request."""
