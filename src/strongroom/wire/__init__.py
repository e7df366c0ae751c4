"""Microsoft's protocols: codec apart from transport, one operation per file."""
