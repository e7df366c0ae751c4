"""The one file that chooses implementations and joins them."""
