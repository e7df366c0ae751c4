"""One file per step; its name begins with the number that it leads to."""
