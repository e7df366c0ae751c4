"""Microsoft Graph, as far as a connection's test and its list of resources ask it.

``connection`` sends and tries again, ``refusals`` names every no; one question, one file.
"""
