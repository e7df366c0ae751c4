"""What may be put around a backend; each is a backend again and keeps the same promises."""
