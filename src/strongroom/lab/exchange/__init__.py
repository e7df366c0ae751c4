"""The Exchange Web Services face of an estate."""
