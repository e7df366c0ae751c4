"""Connection details and storage keys, sealed."""
