"""The control database: connections, storages, jobs, runs."""
