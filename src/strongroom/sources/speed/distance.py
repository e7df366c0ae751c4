"""Where the time of an answer goes: on the line to the front end, or behind it.

A connection and its TLS end at the front end. What a question takes longer than a connection lies
behind it: the way on to the server that has the data, and that server's work. The two are told
apart by what the server says of itself, and else by how they vary: distance is in every answer
alike, and work is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.words.speed import Answers, Finding, Line, Spread

BEHIND_MS = 40.0
"""From here on it is told: two ends of one country are nearer, and a lookup in a directory too."""
FAR_MS = 60.0
"""A line that is longer than this crosses a sea."""
_STEADY = 0.25
"""What varies by less than this share of what lies behind the front end is distance."""
_SERVER_MS = 200.0
"""A server that itself works so long on the smallest question is slow or busy."""

_FRONT = {
    True: "The front end is near: a connection to it",
    False: "A connection to the front end",
}
_THING = {"mailbox": "mailbox", "site": "site", "account": "account's own data"}


def distance_findings(line: Line | None, answers: Sequence[Answers]) -> list[Finding]:
    """Say how far the front end is, and how far behind it the data.

    Args:
        line: The line to the front end; None, or without ``connect``: it could not be measured.
        answers: Of this server; the last one is about what jobs read.
    """
    if not answers:
        return []
    if line is None or line.connect is None:
        return [
            Finding(
                code="line-unknown",
                text="The line to the front end could not be measured, so nothing is known of how"
                f" the {answers[-1].whole.median_ms:g} ms of an answer are spent.",
            )
        ]
    found = []
    if line.connect.lowest_ms >= FAR_MS:
        found.append(_far_front_end(line.connect, answers[-1]))
    behind = _behind_ms(line.connect, answers[-1])
    if behind >= BEHIND_MS and behind >= line.connect.lowest_ms:
        found.append(_behind(line.connect, line.tls, answers, behind))
    elif not found:
        found.append(_near(line.connect, answers[-1]))
    return found


def _behind_ms(connect: Spread, answers: Answers) -> float:
    """Say what is in every answer beside the line to the front end, in milliseconds."""
    return answers.whole.lowest_ms - connect.lowest_ms


def _behind(
    connect: Spread, tls: Spread | None, answers: Sequence[Answers], behind_ms: float
) -> Finding:
    """Tell distance from work."""
    asked = answers[-1]
    thing = _THING[asked.of]
    told = (
        f"{_FRONT[connect.lowest_ms < FAR_MS]} takes {connect.median_ms:g} ms"
        f"{f', TLS {tls.median_ms:g} ms' if tls else ''}. The smallest answer about the {thing} "
        f"takes {asked.whole.told()}, so {behind_ms:.0f} ms of every answer lie behind the front "
        "end."
    )
    if asked.server is not None and asked.server.lowest_ms >= behind_ms / 2:
        return _slow_server(told + f" The server itself works {asked.server.told()} of it.")
    if asked.server is None and asked.is_elsewhere is False:
        return _slow_server(
            told + " The front end answers itself, so that is work and not distance."
        )
    varies_ms = asked.whole.median_ms - asked.whole.lowest_ms
    if varies_ms > behind_ms * _STEADY:
        return _slow_server(told + f" It varies by {varies_ms:.0f} ms and more, as work does.")
    return Finding(
        code=f"far-{'site' if asked.of == 'site' else 'mailbox'}",
        text=f"{told} It is the same in each, so most of it is the way to the server that has the "
        f"{thing}: that one is far from its front end.{_beside(answers, behind_ms)}",
        remedy=f"A faster line from here to the front end would gain {connect.median_ms:g} ms per "
        "request and no more. More requests at a time and larger batches make up for distance, and "
        f"are chosen by the program as it goes. Let it run near the {thing}, or name a front end "
        "that is near it.",
    )


def _beside(answers: Sequence[Answers], behind_ms: float) -> str:
    """Hold beside it what the same front end answers from elsewhere; that is the best proof."""
    other = answers[0]
    if len(answers) < 2 or answers[-1].whole.lowest_ms - other.whole.lowest_ms < behind_ms / 2:
        return ""
    return (
        f" Through the same front end, what is about no {_THING[answers[-1].of]} is answered in "
        f"{other.whole.told()}."
    )


def _slow_server(told: str) -> Finding:
    return Finding(
        code="slow-server",
        text=told,
        remedy="Look at the server's load: processor, disks, directory. A better line gains "
        "little. The program keeps to as many requests as the server answers evenly.",
    )


def _far_front_end(connect: Spread, answers: Answers) -> Finding:
    return Finding(
        code="far-front-end",
        text=f"The front end itself is far: a connection to it takes {connect.told()}, of "
        f"{answers.whole.median_ms:g} ms that the smallest answer takes.",
        remedy="Let the program run nearer to the server, or look for a detour: a proxy, a tunnel, "
        "a name that leads to another part of the world.",
    )


def _near(connect: Spread, answers: Answers) -> Finding:
    return Finding(
        code="near",
        text=f"A connection takes {connect.median_ms:g} ms, and the smallest answer "
        f"{answers.whole.told()}: neither the front end nor what is behind it is far.",
    )
