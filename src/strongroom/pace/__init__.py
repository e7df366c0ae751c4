"""Threads and lanes around slots; the only retry of requests."""
