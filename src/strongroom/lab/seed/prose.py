"""What people write: subjects, sentences, signatures. Dull on purpose, but never twice the same."""

from __future__ import annotations

from html import escape
from random import Random

_THINGS = (
    "the roof of the north hall", "the lift in house B", "the new coffee machine",
    "the tender for the school", "the scaffold on Mill Lane", "the quarterly figures",
    "the fire drill", "the window frames", "the apprentices' day", "the printer on floor 2",
    "the site visit", "the insurance papers", "the canteen's winter menu", "the oak delivery",
)  # fmt: skip
_OPENERS = (
    "Thanks for your note about {thing}.",
    "A short word on {thing}.",
    "We should settle {thing} this week.",
    "I looked at {thing} again this morning.",
    "Could somebody take care of {thing}?",
    "Good news: {thing} is nearly done.",
)
_MIDDLES = (
    "The supplier promised an answer by {day}.",
    "It comes to about {amount} € before tax, {less} less than last year.",
    "Zoë's list has {count} open points; two of them are ours.",
    "Please check the measurements on page {count} before anybody orders.",
    "If {day} does not suit you, the week after is fine as well.",
    "Naïve question: who signed the drawing of {day}?",
    "The forecast says rain, so bring boots. ☔",
    "I have put the papers into the usual folder.",
)
_CLOSERS = ("Any objections?", "Let me know.", "More on {day}.", "That is all for now.")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def thing(rng: Random) -> str:
    """Draw a matter to write about."""
    return rng.choice(_THINGS)


def subject(rng: Random) -> str:
    """Draw a subject line."""
    matter = thing(rng).removeprefix("the ")
    form = rng.choice(
        ("{0}", "Question about {0}", "{0}: next steps", "Re-planning {0}", "FYI {0}")
    )
    text = form.format(matter)
    return text[0].upper() + text[1:]


def paragraphs(rng: Random, count: int) -> list[str]:
    """Draw some paragraphs of a few sentences each."""
    return [_paragraph(rng) for _ in range(count)]


def _paragraph(rng: Random) -> str:
    forms = [rng.choice(_OPENERS), *rng.sample(_MIDDLES, rng.randrange(1, 4)), rng.choice(_CLOSERS)]
    fills = {
        "thing": thing(rng),
        "day": rng.choice(_DAYS),
        "amount": f"{rng.randrange(200, 90000):,}",
        "less": f"{rng.randrange(1, 20)} %",
        "count": str(rng.randrange(2, 40)),
    }
    return " ".join(form.format(**fills) for form in forms)


def plain(greeting: str, texts: list[str], signature: str) -> str:
    """Set a letter as plain text with CRLF lines."""
    return "\r\n\r\n".join([f"{greeting},", *texts, f"-- \r\n{signature}"]) + "\r\n"


def html(greeting: str, texts: list[str], signature: str, *, picture_id: str | None = None) -> str:
    """Set a letter as HTML, with an inline picture if its content id is given."""
    body = "".join(f"<p>{escape(text)}</p>" for text in texts)
    picture = f'<p><img src="cid:{picture_id}" alt="logo" width="24" height="24"></p>'
    return (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
        f"<body><p>{escape(greeting)},</p>{body}<p>{escape(signature)}</p>"
        f"{picture if picture_id else ''}</body></html>"
    )
