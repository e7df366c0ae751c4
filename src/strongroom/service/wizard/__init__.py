"""The connection wizard: which questions make a connection, whoever draws them.

Nothing here prints, reads a file or waits for a person: ``Wizard`` says what to ask now, takes an
answer or a step back, and calls the verbs. A terminal or a page draws it.
"""
