"""The verbs that the command line (and later the panel) calls."""
