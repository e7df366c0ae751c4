"""Two ways to write one id: EWS's, which we keep, and Graph's, which stands in addresses.

Both are base64; Graph writes ``-`` for ``/`` and ``_`` for ``+``. What is kept is the same
whichever way it was read, so that a job that goes over from EWS to Graph knows its folders and
items again.

Source:
    https://learn.microsoft.com/graph/api/user-translateexchangeids (``restId``, ``ewsId``)
"""

from __future__ import annotations

_TO_GRAPH = str.maketrans("/+", "-_")
_TO_KEPT = str.maketrans("-_", "/+")


def for_graph(kept_id: str) -> str:
    """Write a kept id as Graph does."""
    return kept_id.translate(_TO_GRAPH)


def as_kept(graph_id: str) -> str:
    """Write one of Graph's ids as it is kept."""
    return graph_id.translate(_TO_KEPT)
