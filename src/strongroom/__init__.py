"""Strongroom backs up and restores Microsoft Exchange and SharePoint."""

__version__ = "0.1.0"
