"""In which folder of a storage the repository of each resource lies.

repositories/KIND/ID/       a resource's own folder, which always says where its repository is
repositories/KIND/ID~k2/    where that is once it was given another master key (``rekeying``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from strongroom.store import config
from strongroom.store.backend import Below, BlobBackend
from strongroom.store.door import has_repository, place_beside

REPOSITORIES = "repositories"

_BESIDE = re.compile(r"~k([0-9]{1,6})$")
_PLAIN = re.compile(r"[A-Za-z0-9_@=+,~-][A-Za-z0-9._@=+,~-]{0,199}")


def generation(folder: str) -> int:
    """Say which master key a folder is for, counted from 1: that is a resource's own folder."""
    found = _BESIDE.search(folder)
    return int(found.group(1)) if found else 1


def folders_in_use(place: BlobBackend, kind: str, resource_id: str) -> tuple[str, ...]:
    """Name the folders of a storage in which a resource's repository is: one, or two.

    Args:
        place: Where the storage lies.
        kind: Kind of resource.
        resource_id: The resource's id.
    """
    own = f"{REPOSITORIES}/{kind}/{resource_id}"
    beside = place_beside(Below(place, own))
    return (f"{REPOSITORIES}/{kind}/{beside}", own) if beside else (own,)


class Folders:
    """The folders of one storage. What was found out about a resource once is remembered.

    Args:
        place: Where the storage lies.
    """

    def __init__(self, place: BlobBackend) -> None:
        self._place = place
        self._beside: dict[tuple[str, str], str] = {}

    def beside(self, kind: str, resource_id: str) -> str:
        """Name the folder beside its own in which a repository lies; empty: in its own.

        Raises:
            ValueError: no resource has such a kind, or such an id.
        """
        found = self._beside.get((kind, resource_id))
        if found is None:
            _refuse_strange(kind, resource_id)
            found = place_beside(self.at(kind, resource_id))
            self._beside[kind, resource_id] = found
        return found

    def look_again(self, kind: str, resource_id: str) -> None:
        """Forget where a resource's repository lies: given another master key, it is elsewhere."""
        self._beside.pop((kind, resource_id), None)

    def at(self, kind: str, folder: str) -> BlobBackend:
        """Give what lies in one of the folders of a kind."""
        return Below(self._place, f"{REPOSITORIES}/{kind}/{folder}")

    def resources(self) -> list[tuple[str, str]]:
        """List all resources that have a repository: kind and id, in order."""
        return [
            (kind, resource_id) for kind in self._kinds() for resource_id in self._resources(kind)
        ]

    def all_of(self, kind: str, resource_id: str) -> list[str]:
        """Name the folders in which a resource's repository lies, lay, or is being made anew."""
        return [name for name in self._names(kind) if _BESIDE.sub("", name) == resource_id]

    def left_behind(self) -> Iterator[tuple[str, str, str]]:
        """Give kind, id and folder where files are left that a former master key sealed."""
        for kind in self._kinds():
            names = self._names(kind)
            for resource_id in {_BESIDE.sub("", name) for name in names if _BESIDE.search(name)}:
                now = self.beside(kind, resource_id)
                for folder in (one for one in names if _BESIDE.sub("", one) == resource_id):
                    if now and folder != now and self._has_data(kind, folder):
                        yield kind, resource_id, folder

    def _has_data(self, kind: str, folder: str) -> bool:
        return next(self.at(kind, folder).list("data/"), None) is not None

    def _kinds(self) -> list[str]:
        return list(filter(_PLAIN.fullmatch, self._place.folders(f"{REPOSITORIES}/")))

    def _names(self, kind: str) -> list[str]:
        """Name the folders of a kind that can be a resource's; others are not ours."""
        names = self._place.folders(f"{REPOSITORIES}/{kind}/")
        return [name for name in names if _PLAIN.fullmatch(_BESIDE.sub("", name))]

    def _resources(self, kind: str) -> list[str]:
        """List the resources of a kind that have a repository, wherever that lies."""
        names = self._names(kind)
        beside: dict[str, list[str]] = {}
        for name in sorted(names, key=lambda one: (len(one), one)):
            if _BESIDE.search(name):
                beside.setdefault(_BESIDE.sub("", name), []).append(name)
        plain = dict.fromkeys(name for name in names if not _BESIDE.search(name))
        return [
            name
            for name in sorted(plain | dict.fromkeys(beside))
            if has_repository(self.at(kind, name))
            or (name in beside and self._is_beside(kind, name, beside[name]))
        ]

    def _is_beside(self, kind: str, resource_id: str, folders: Sequence[str]) -> bool:
        """Say whether a repository lies beside, also where what says so is lost.

        Of several the first has been in use: what came before it lost its config first of all, and
        what comes after it is not ready.
        """
        if self.beside(kind, resource_id):
            return True
        for folder in folders:
            if config.is_there(self.at(kind, folder)):
                self._beside[kind, resource_id] = folder
                return True
        return False


def _refuse_strange(kind: str, resource_id: str) -> None:
    if not (_PLAIN.fullmatch(kind) and _PLAIN.fullmatch(resource_id)):
        raise ValueError(f"not a kind and an id of a resource: {kind!r}, {resource_id!r}")
    if _BESIDE.search(resource_id):
        raise ValueError(f"not the id of a resource: {resource_id!r}")
