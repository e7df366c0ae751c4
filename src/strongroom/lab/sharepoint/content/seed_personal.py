"""A OneDrive with a few files of its owner's."""

from __future__ import annotations

from random import Random

from strongroom.lab.seed import files, prose
from strongroom.lab.seed.people import Person
from strongroom.lab.sharepoint.content.collection import SiteCollection

TEMPLATE = "SPSPERS"


def personal_path(address: str) -> str:
    """Say where somebody's OneDrive is: ``ann@lab.example`` → ``/personal/ann_lab_example``."""
    return "/personal/" + "".join(letter if letter.isalnum() else "_" for letter in address)


def fill_personal(collection: SiteCollection, owner: Person, *, seed: int = 1) -> None:
    """Fill a new OneDrive: documents, notes, pictures; hold ``collection.lock``.

    Args:
        collection: As it was just made.
        owner: Whose it is.
        seed: Decides all that is drawn.
    """
    rng = Random(f"drive {seed}")  # noqa: S311 - the same for the same seed
    library = collection.root.list_by_title("Documents")
    assert library is not None
    user = collection.principals.ensure_user(
        collection.login_of(owner.address), title=owner.name, email=owner.address
    )
    user.is_site_admin, collection.owner_id = True, user.id
    notes = library.add_folder("Notes", by=user.id)
    pictures = library.add_folder("Pictures", by=user.id)
    for number in range(3):
        text = prose.paragraphs(rng, 2)
        library.upload(f"Draft {number}.docx", files.docx(text), by=user.id)
        library.upload(f"Note {number}.csv", files.csv(rng, 8), by=user.id, folder=notes)
        library.upload(f"Picture {number}.png", files.png(rng), by=user.id, folder=pictures)
    changed = library.at(("Draft 0.docx",))
    assert changed is not None
    library.save_content(changed, files.docx(prose.paragraphs(rng, 3)), by=user.id)
