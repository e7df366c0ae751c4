"""Sealed blobs, packs, indexes, trees, snapshots: the restic repository format, version 2."""
