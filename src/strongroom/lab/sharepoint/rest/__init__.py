"""``/_api`` of a site, served from the model of ``content``: paths, OData, entities, batches.

``path`` and ``options`` read a question, ``walk`` finds what it is about in the tables of
``entities``, ``render`` writes it in one of three formats, and ``service`` joins them.
"""
