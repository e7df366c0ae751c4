"""How many connections and how large a batch: pure decisions, no threads, no clock."""
