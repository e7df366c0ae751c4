"""Many questions in one request."""

from __future__ import annotations

import pytest

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.rest.batch import batch_response, operations_of
from strongroom.lab.sharepoint.rest.errors import ApiError

_BATCH = """--batch_1\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
\r
GET https://lab/_api/web/lists/getbytitle('My list') HTTP/1.1\r
Accept: application/json;odata=nometadata\r
\r
\r
--batch_1\r
Content-Type: multipart/mixed; boundary="changeset_2"\r
\r
--changeset_2\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
\r
POST https://lab/_api/web/lists HTTP/1.1\r
Content-Type: application/json;odata=verbose\r
IF-MATCH: *\r
\r
{"Title":"X"}\r
\r
--changeset_2--\r
\r
--batch_1--\r
"""
_KIND = 'multipart/mixed; boundary="batch_1"'


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_questions_are_found_in_parts_and_in_change_sets(newline: str) -> None:
    first, second = operations_of(_KIND, _BATCH.replace("\r\n", newline).encode())
    assert first.method == "GET"
    assert first.url == "https://lab/_api/web/lists/getbytitle('My%20list')"
    assert first.headers["accept"] == "application/json;odata=nometadata"
    assert (second.method, second.headers["if-match"]) == ("POST", "*")
    assert second.body == b'{"Title":"X"}'


def test_a_question_may_have_no_headers() -> None:
    body = b"--b\r\nContent-Type: application/http\r\n\r\nGET /_api/web HTTP/1.1\r\n\r\n--b--"
    (only,) = operations_of("multipart/mixed; boundary=b", body)
    assert (only.url, only.headers, only.body) == ("/_api/web", {}, b"")


def test_more_than_a_hundred_are_refused() -> None:
    part = "--b\r\nContent-Type: application/http\r\n\r\nGET /_api/web HTTP/1.1\r\n\r\n"
    assert len(operations_of("multipart/mixed; boundary=b", (part * 100 + "--b--").encode())) == 100
    with pytest.raises(ApiError):
        operations_of("multipart/mixed; boundary=b", (part * 101 + "--b--").encode())


@pytest.mark.parametrize("kind", ["application/json", "multipart/mixed"])
def test_what_has_no_boundary_is_no_batch(kind: str) -> None:
    with pytest.raises(ApiError):
        operations_of(kind, b"x")


def test_answers_are_written_as_they_were_recorded() -> None:
    answer = Response(headers=[("Content-Type", "application/json")], body=b'{"odata.null":true}')
    missing = Response(status=404, headers=[("Content-Type", "text/plain")], body=b"x")
    given = batch_response([answer, missing], boundary="batchresponse_7")
    assert given.body == (
        b"--batchresponse_7\r\nContent-Type: application/http\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 200 OK\r\n"
        b'CONTENT-TYPE: application/json\r\n\r\n{"odata.null":true}\r\n'
        b"--batchresponse_7\r\nContent-Type: application/http\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 404 Not Found\r\n"
        b"CONTENT-TYPE: text/plain\r\n\r\nx\r\n--batchresponse_7--\r\n"
    )
