"""From an answer's bytes to its response messages: what all operations share.

Servers differ from the book, so this reads generously (unknown elements are skipped, optional ones
may be missing, any prefix will do) and judges strictly (as many answers as questions, or it does
not count).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from lxml import etree

from strongroom.errors import TransientError
from strongroom.pace.retry_after import seconds_in
from strongroom.wire.ews.faults import EwsItemError, Meaning, meaning_of
from strongroom.wire.ews.nodes import local_name
from strongroom.wire.ews.xml import ERRORS, SOAP, M, T

R = TypeVar("R")

_ENVELOPE = f"{{{SOAP}}}Envelope"
_BODY = f"{{{SOAP}}}Body"
_HEADER = f"{{{SOAP}}}Header"
_FAULT = f"{{{SOAP}}}Fault"
_E = f"{{{ERRORS}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVersion:
    """What every answer's header says of the server.

    Attributes:
        major, minor, build, revision: ``15, 2, 2562, 17``.
        schema: The version of the API (``Exchange2013_SP1``, ``V2018_01_08``).
    """

    major: int
    minor: int
    build: int
    revision: int
    schema: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}.{self.revision}"


@dataclass(slots=True)
class Answer:
    """One opened answer.

    Attributes:
        element: The child of the SOAP body.
        version: The server's version, if it said so.
        throttled: Errors of single items that say to go slower; the connection obeys them.
    """

    element: etree._Element
    version: ServerVersion | None = None
    throttled: list[EwsItemError] = field(default_factory=list)

    def messages(self) -> Iterator[etree._Element]:
        """Give the response messages in order."""
        group = self.element.find(f"{M}ResponseMessages")
        if group is not None:
            yield from (child for child in group if isinstance(child.tag, str))

    def results(self, read: Callable[[etree._Element], R], count: int) -> list[R | EwsItemError]:
        """Read one result per question, in order.

        Args:
            read: Reads one successful response message.
            count: How many questions there were.

        Raises:
            TransientError: another number of answers than of questions.
        """
        messages = list(self.messages())
        if len(messages) != count:
            raise TransientError(
                f"The server answered {len(messages)} of {count} questions.",
                why=f"in {local_name(self.element)}",
            )
        return [self._result(message, read) for message in messages]

    def one(
        self,
        read: Callable[[etree._Element], R],
        *,
        message: etree._Element | None = None,
        is_write: bool = False,
    ) -> R:
        """Read the only result, of an operation that asks one thing.

        Args:
            read: Reads the successful response message.
            message: The response message, where it is not in ``ResponseMessages``.
            is_write: What to make of an error whose outcome is uncertain.

        Raises:
            StrongroomError: the server's error, in its branch.
        """
        result = self.results(read, 1)[0] if message is None else self._result(message, read)
        if isinstance(result, EwsItemError):
            raise result.as_error(is_write=is_write)
        return result

    def _result(
        self, message: etree._Element, read: Callable[[etree._Element], R]
    ) -> R | EwsItemError:
        error = item_error(message)
        if error is None:
            return read(message)
        if error.is_throttle:
            self.throttled.append(error)
        return error


def open_answer(body: bytes | bytearray, *, is_large: bool = False) -> Answer:
    """Parse an answer's body down to the operation's response.

    Args:
        body: The whole XML document.
        is_large: Allow text nodes above lxml's own bound; only where ours stands before it.

    Raises:
        SoapFault: the answer is a fault, whatever its HTTP status was.
        NotSoap: it is no complete SOAP envelope.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=is_large,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(bytes(body) if isinstance(body, bytearray) else body, parser)
    except etree.XMLSyntaxError as error:
        raise NotSoap(str(error)) from error
    if root is None or root.tag != _ENVELOPE or root.getroottree().docinfo.internalDTD is not None:
        raise NotSoap("not a SOAP envelope")
    soap_body = root.find(_BODY)
    if soap_body is None or len(soap_body) == 0:
        raise NotSoap("an envelope without a body")
    if soap_body[0].tag == _FAULT:
        raise SoapFault(_fault(soap_body[0]))
    return Answer(soap_body[0], _version(root.find(_HEADER)))


class NotSoap(Exception):
    """The bytes are no complete SOAP envelope. The connection says what that means."""


class SoapFault(Exception):
    """The answer is a fault.

    Attributes:
        error: What it says.
    """

    def __init__(self, error: EwsItemError) -> None:
        super().__init__(error.code)
        self.error = error


def item_error(message: etree._Element) -> EwsItemError | None:
    """Read a response message's error; None if it is a success.

    A warning is an error only where it says that nothing was done; others (several names found)
    come with a result.
    """
    response_class = message.get("ResponseClass", "Success")
    code = message.findtext(f"{M}ResponseCode", "").strip()
    if response_class == "Success":
        return None
    meaning = meaning_of(code)
    if response_class == "Warning" and meaning is not Meaning.STOPPED:
        return None
    return _error(
        code or "ErrorWithoutCode",
        message.findtext(f"{M}MessageText", ""),
        message.find(f"{M}MessageXml"),
    )


def _fault(fault: etree._Element) -> EwsItemError:
    """Read a SOAP fault: the detail where there is one, else the fault code's local part."""
    detail = fault.find("detail")
    code, details = "", None
    if detail is not None:
        code = detail.findtext(f"{_E}ResponseCode", "").strip()
        details = detail.find(f"{T}MessageXml")
        if details is None:
            details = detail.find(f"{M}MessageXml")
    if not code:
        code = fault.findtext("faultcode", "").rpartition(":")[2].strip()
    return _error(code or "ErrorWithoutCode", fault.findtext("faultstring", ""), details)


def _error(code: str, text: str, message_xml: etree._Element | None) -> EwsItemError:
    details = {} if message_xml is None else _values(message_xml)
    # Older schemas cannot say "busy" and hide it in the details of an internal error.
    if code == "ErrorInternalServerError" and "ErrorServerBusy" in details.values():
        code = "ErrorServerBusy"
    return EwsItemError(
        code=code,
        text=" ".join(text.split()),
        retry_after_s=seconds_in(details.get("BackOffMilliseconds", ""), per_second=1000),
        details=tuple(details.items()),
        meaning=meaning_of(code),
    )


def _values(message_xml: etree._Element) -> dict[str, str]:
    """Read the named values, in whichever of the two namespaces they come."""
    return {
        value.get("Name", ""): value.text or ""
        for value in message_xml.iter(f"{T}Value", f"{M}Value")
    }


def _version(header: etree._Element | None) -> ServerVersion | None:
    told = None if header is None else header.find(f"{T}ServerVersionInfo")
    if told is None:
        return None
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    numbers = [int(raw) if (raw := told.get(name, "")).isdecimal() else 0 for name in names]
    return ServerVersion(
        major=numbers[0],
        minor=numbers[1],
        build=numbers[2],
        revision=numbers[3],
        schema=told.get("Version", ""),
    )
