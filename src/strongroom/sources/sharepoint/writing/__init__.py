"""A site, for writing: what goes in, in which order, what cannot, and how it compares."""
