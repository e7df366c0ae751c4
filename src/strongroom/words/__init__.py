"""Frozen values that every room speaks of. Standard library only."""
