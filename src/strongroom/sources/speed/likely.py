"""The likely speed of reading a server, as a range, out of what a short look measured.

One request has three parts. The *fixed* part is what the smallest question takes: the line there
and back, and the server's way to the data. The *work* is how much longer the server takes to begin
its answer when items are asked for. The *body* is how long the answer then takes to come in.

- At least as fast as what was seen, with every answer as late as the latest one.
- At most as fast as if batches were so large that the fixed part is a twentieth of a request. That
  is where the program takes them as it goes, if the server lets it.

With several slots the fixed parts overlap for certain. Whether the line carries more than one
connection did, and whether the server works on several requests at a time as quickly as on one, no
short look can tell: the lower end says that they do not, the upper end that they do. And no rate is
higher than what one worker process seals and stores.
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.words.speed import Download, LimitedBy, Rate, Spread

_FIXED_SHARE = 0.05
"""What batches are sized for (see ``slots``)."""
_BODY_S_MIN = 0.02
"""A body that came faster was there before it could be timed: it says nothing of the line."""
_WORKER_ITEM_S, _WORKER_BYTES_S = 50e-6, 140e6
"""What one processor core takes for an item, and for its bytes, to seal and pack it: measured, on
items of 9 kB and of 1 MiB. A slower machine or storage takes longer."""
_HOUR_S = 3600


def bandwidth_bytes_s(download: Download) -> int | None:
    """Say what the line carried, in bytes per second; None if too little came to tell."""
    if download.body_s < _BODY_S_MIN:
        return None
    return round(download.line_bytes / download.body_s)


def likely_rates(mailbox: Spread, download: Download, slots: int, slots_why: str) -> list[Rate]:
    """Say the likely speed with one slot, and with as many as the server is known to allow.

    Args:
        mailbox: The smallest questions about what is in the mailbox.
        download: What was read there.
        slots: Requests at a time that the server is known to take for one mailbox.
        slots_why: Where that number is from.
    """
    spent = _spent(mailbox, download)
    most = _worker_items_s(download)
    low, high = _one_slot(mailbox, download, spent, most)
    longest = LimitedBy.WORKER if low >= most else max(spent, key=lambda part: spent[part])
    one = _rate(1, (low, high), download, longest, _one_why(download))
    if slots <= 1:
        return [one]
    narrowest = max(LimitedBy.BANDWIDTH, LimitedBy.SERVER, key=lambda part: spent[part])
    proven = download.items / max(spent[narrowest], 1e-6)
    many_low = min(most, max(low, min(slots * low, proven)))
    limited_by = narrowest if slots * low >= proven else LimitedBy.POLICY
    why = (
        f"{slots_why} The lower end stands on {_NARROW[narrowest]} as with one slot. The upper end "
        f"is a bound and no forecast: {slots} times one slot, or what one worker process seals and "
        "stores."
    )
    return [
        one,
        _rate(
            slots,
            (many_low, min(most, slots * high)),
            download,
            LimitedBy.WORKER if many_low >= most else limited_by,
            why,
        ),
    ]


def _spent(mailbox: Spread, download: Download) -> dict[LimitedBy, float]:
    """Say what the seconds of the download went to."""
    fixed_s = min(mailbox.median_ms / 1000 * download.requests, download.first_byte_s)
    return {
        LimitedBy.LATENCY: fixed_s,
        LimitedBy.SERVER: download.first_byte_s - fixed_s,
        LimitedBy.BANDWIDTH: download.body_s,
    }


def _one_slot(
    mailbox: Spread, download: Download, spent: Mapping[LimitedBy, float], most: float
) -> tuple[float, float]:
    """Say how many items per second one slot brings: at least, and at most."""
    whole_s = sum(spent.values())
    late_s = (mailbox.highest_ms - mailbox.median_ms) / 1000 * download.requests
    low = min(most, download.items / max(whole_s + late_s, 1e-6))
    # Where all was waiting, larger batches gain a factor and no more: each costs its own wait.
    varying_s = max(whole_s - spent[LimitedBy.LATENCY], whole_s * _FIXED_SHARE)
    high = (1 - _FIXED_SHARE) * download.items / max(varying_s, 1e-6)
    return low, max(low, min(most, high))


_NARROW = {
    LimitedBy.BANDWIDTH: "a line that carries as much",
    LimitedBy.SERVER: "a server that works as much",
}


def _worker_items_s(download: Download) -> float:
    mean = download.byte_count / download.items
    return 1 / (_WORKER_ITEM_S + mean / _WORKER_BYTES_S)


def _one_why(download: Download) -> str:
    mean = download.byte_count / download.items
    return (
        f"{download.items} items of {mean:,.0f} bytes each on average were read in "
        f"{download.requests} request(s). Other items are larger or smaller."
    )


def _rate(
    slots: int,
    items_s: tuple[float, float],
    download: Download,
    limited_by: LimitedBy,
    why: str,
) -> Rate:
    low, high = items_s
    mean = download.byte_count / download.items
    return Rate(
        slots=slots,
        items_s_low=round(low, 1),
        items_s_high=round(high, 1),
        bytes_h_low=round(low * mean * _HOUR_S),
        bytes_h_high=round(high * mean * _HOUR_S),
        limited_by=limited_by,
        why=why,
    )
