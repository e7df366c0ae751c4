"""Property tests of the store work on disks and ciphers: how long an example takes says nothing."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("store", deadline=None)
settings.load_profile("store")
