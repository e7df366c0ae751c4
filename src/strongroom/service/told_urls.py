"""URLs as the audit log and messages tell them, whatever somebody wrote into them."""

from __future__ import annotations

from urllib.parse import urlsplit

_HARMLESS = frozenset({"account", "region"})


def told_url(url: str) -> str:
    """Write a URL without what may be a secret in it: who signs in, and what a query holds."""
    head, is_there, query = url.partition("?")
    head = _without_user(head.partition("#")[0])
    return f"{head}?{_query(query.partition('#')[0])}" if is_there else head


def _query(query: str) -> str:
    return "&".join(_pair(one) for one in query.split("&"))


def _pair(pair: str) -> str:
    name, is_there, value = pair.partition("=")
    if not is_there:
        return "…"
    if name in _HARMLESS:
        return pair
    if name == "endpoint" and not set(value) & set("?#%"):
        return f"{name}={_without_user(value)}"
    return f"{name}=…"


def _without_user(url: str) -> str:
    try:
        authority = urlsplit(url).netloc
    except ValueError:
        return "…"
    if "@" not in authority:
        return url
    return url.replace(authority, f"…@{authority.rpartition('@')[2]}", 1)
