"""Which addresses messages may go to, and that a refusal repeats nothing of one."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.wire.posting.addresses import opened
from strongroom.wire.posting.destination import Destination
from strongroom.wire.posting.post import AppriseOffice
from strongroom.wire.posting.ways import WAYS
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import MARK
from tests.wire_posting.addresses import AS_GIVEN, OF_EACH_SORT, PASSWORD, SLACK, TOKEN

OFFICE = AppriseOffice(HandClock())


def unnamed(value: str) -> str:
    """Name a test: names are written down, and addresses are secret."""
    return value.partition(":")[0].replace(TOKEN, "none")


def sort(address: str, proxy: str | None = None) -> str:
    return OFFICE.sort(Destination(address=address, proxy=proxy))


def refusal(address: str) -> str:
    with pytest.raises(OperatorError) as caught:
        sort(address)
    error = caught.value
    assert error.__cause__ is error.__context__ is None, "a library's words hold the address"
    told = f"{error.what} {error.why} {error.hint} {error.args}"
    assert MARK not in told
    assert "example" not in told
    return error.why


@pytest.mark.parametrize("wanted", OF_EACH_SORT)
def test_an_address_of_each_sort_is_read(wanted: str) -> None:
    assert sort(OF_EACH_SORT[wanted]) == wanted


def test_there_is_an_example_of_each_way() -> None:
    assert OF_EACH_SORT.keys() == {way.sort for way in WAYS}


@pytest.mark.parametrize("wanted", AS_GIVEN)
def test_what_a_service_gives_is_taken_as_it_is(wanted: str) -> None:
    assert sort(AS_GIVEN[wanted]) == wanted


@pytest.mark.parametrize(
    "address",
    [
        f"file:///etc/{TOKEN}",
        f"exec://{TOKEN}",
        f"dbus://{TOKEN}",
        "gnome://",
        "windows://",
        "macosx://",
        f"syslog://{TOKEN}",
        f"tgram://123456789:{TOKEN}/12315544/",
        f"apprises://hook.example/{TOKEN}",
        f"http://hook.example/{TOKEN}",
        f"https://hook.example/{TOKEN}",
        AS_GIVEN["Slack"].replace("https", "http"),
        TOKEN,
        "",
        "://",
    ],
    ids=unnamed,
)
def test_what_is_no_way_to_send_is_refused(address: str) -> None:
    assert "begins with" in refusal(address)


@pytest.mark.parametrize(
    "address",
    [
        f"json://vault:{PASSWORD}@hook.example/",
        f"mmost://hook.example/{MARK}113474722377935511fc85d",
        f"ntfy://hook.example/{TOKEN}",
        f"gotify://hook.example/{TOKEN}",
        f"mailto://vault:{PASSWORD}@mail.example",
        f"mailtos://vault:{PASSWORD}@mail.example?mode=insecure",
        f"mailto://vault:{PASSWORD}@localhost?smtp=mail.example&from=a@b.example",
        f"json://localhost.hook.example/{TOKEN}",
        f"json://127.0.0.1@hook.example/{TOKEN}",
        f"json://0.0.0.0/{TOKEN}",
        f"json://10.0.0.1/{TOKEN}",
    ],
    ids=unnamed,
)
def test_nothing_goes_without_tls_to_another_machine(address: str) -> None:
    assert "without TLS" in refusal(address)


@pytest.mark.parametrize(
    "address",
    [
        f"json://localhost:8080/{TOKEN}",
        f"json://127.0.0.1/{TOKEN}",
        f"json://127.8.8.8/{TOKEN}",
        f"json://[::1]:8080/{TOKEN}",
        "mailto://localhost?to=ops@example.org&from=vault@example.org",
        f"mailto://vault:{PASSWORD}@mail.example?mode=starttls",
    ],
    ids=unnamed,
)
def test_this_machine_may_be_sent_to_without_tls(address: str) -> None:
    assert sort(address)


@pytest.mark.parametrize(
    "setting",
    [
        "verify=no",
        "VERIFY=no",
        "%76erify=no",
        "verify=yes&verify=no",
        "redirect=yes",
        "optional=yes",
        "retry=5",
        "format=html",
        "overflow=split",
        "emojis=yes",
        "template=/etc/passwd",
        "attach=/etc/passwd",
        "store=yes",
        ":message=else",
        f"{TOKEN}=no",
    ],
    ids=lambda one: one.replace(TOKEN, "unknown"),
)
@pytest.mark.parametrize("wanted", OF_EACH_SORT)
def test_a_setting_that_is_not_for_an_address_to_decide_is_refused(
    wanted: str, setting: str
) -> None:
    address = OF_EACH_SORT[wanted]
    assert "It may have: " in refusal(f"{address}{'&' if '?' in address else '?'}{setting}")


@pytest.mark.parametrize("setting", ["pgp=sign", "pgpprv=/root/key", "wkd=yes", "+Subject=a"])
def test_mail_is_neither_signed_by_files_nor_given_headers(setting: str) -> None:
    refusal(f"{OF_EACH_SORT['mail']}&{setting}")


@pytest.mark.parametrize(
    "address",
    [
        f"jsons://hook.example/%0d%0aX-Evil:{TOKEN}",
        f"jsons://hook.example/?+X-Key=a%250d%250aX-Evil:{TOKEN}",
        f"mailtos://vault:{PASSWORD}@mail.example?name=a%0ABcc:x@evil.example",
        f"{SLACK}\nslack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}",
        f"{SLACK} {SLACK}",
        f"jsons://hook.example/ü{TOKEN}",
    ],
    ids=unnamed,
)
def test_letters_that_no_address_has_are_refused(address: str) -> None:
    assert "letters" in refusal(address)


@pytest.mark.parametrize(
    "address",
    [
        "slack://",
        f"slack://{TOKEN}",
        "jsons://",
        "mailtos://",
        "mailtos://mail.example",
        f"jsons://hook.example:99999/{TOKEN}",
        "jsons://" + "a" * 5000,
    ],
    ids=unnamed,
)
def test_what_is_no_address_or_several_is_refused(address: str) -> None:
    refusal(address)


def test_an_address_shows_nowhere_by_accident() -> None:
    destination = Destination(address=SLACK, ca_pem=TOKEN, proxy=f"http://{TOKEN}")
    assert MARK not in repr(destination)
    assert Destination.from_bytes(destination.to_bytes()) == destination
    assert MARK not in repr(opened(destination))


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "http://u:p@proxy.example", "ftp://x"])
def test_what_is_no_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(OperatorError, match="no proxy"):
        sort(SLACK, proxy)
    assert sort(SLACK, "http://proxy.example:3128") == "Slack"


def test_mail_goes_through_no_proxy_and_says_so() -> None:
    with pytest.raises(OperatorError, match="no proxy"):
        sort(OF_EACH_SORT["mail"], "http://proxy.example:3128")
