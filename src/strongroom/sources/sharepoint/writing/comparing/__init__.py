"""What came back, beside what was saved: where the two differ by what they mean."""
