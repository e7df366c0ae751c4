"""How properties of folders and items turn into the elements of EWS, and back."""
