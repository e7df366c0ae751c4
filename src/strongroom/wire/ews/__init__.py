"""Exchange Web Services."""
