"""Queue, conflicts, the worker."""
