"""SharePoint Online and SharePoint Server: signed in, tested, and their sites listed."""
