"""What to do with each kind of server: discover, changes, content, write back."""
