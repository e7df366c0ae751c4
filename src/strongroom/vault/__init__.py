"""Connection details, sealed."""
