"""The term store: what is asked to the letter, and answers that say little or nothing."""

from __future__ import annotations

import re

import pytest

from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.sharepoint.csom_query import Query, Wanted
from strongroom.wire.sharepoint.rest_refusals import SiteDenied
from strongroom.wire.sharepoint.taxonomy import (
    BATCH,
    TermSet,
    folded,
    sets_named,
    term_sets,
    term_store,
    terms_labelled,
    unknown_terms,
)
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, json
from tests.wire_sharepoint.test_csom import DONE, no

WEB = "/sites/a"
TOWNS, GONE = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12")


def test_what_is_within_an_object_is_asked_for_as_microsofts_client_does() -> None:
    query = Query()
    each = Wanted(names=("Id",), within={"Group": Wanted(names=("Name",))})
    number = query.load(query.site(), Wanted(each={"TermSets": each}))
    assert (
        f'<Query Id="{number}" ObjectPathId="3"><Query SelectAllProperties="false"><Properties>'
        '<Property Name="TermSets"><Query SelectAllProperties="false"><Properties></Properties>'
        '</Query><ChildItemQuery SelectAllProperties="false"><Properties>'
        '<Property Name="Id" ScalarProperty="true" /><Property Name="Group">'
        '<Query SelectAllProperties="false"><Properties>'
        '<Property Name="Name" ScalarProperty="true" /></Properties></Query></Property>'
        "</Properties></ChildItemQuery></Property></Properties></Query></Query>"
    ) in query.body().decode()


def test_sets_that_are_not_there_are_not_told(server: LabServer, clock: HandClock) -> None:
    def answer(request: Request) -> Response:
        first, second = re.findall(rb'<Query Id="(\d+)"', request.body)
        return json(
            b'[{"SchemaVersion":"15.0.0.0","LibraryVersion":"16.0.0.0","ErrorInfo":null},%s,'
            b'{"_ObjectType_":"SP.Taxonomy.TermSet","Id":"\\/Guid(%s)\\/","Name":"Towns","Group":'
            b'{"_ObjectType_":"SP.Taxonomy.TermGroup","Name":"Places","IsSiteCollectionGroup":true}'
            b"},%s,null]" % (first, TOWNS.upper().encode(), second)
        )

    with connected(server, clock, answer) as rest:
        found = term_sets(rest, WEB, [TOWNS, GONE])
    assert found == {TOWNS: TermSet(id=TOWNS, name="Towns", group="Places", is_of_site=True)}


@pytest.mark.parametrize(
    "refusal",
    [
        no(-2147024891, "System.UnauthorizedAccessException"),
        no(-2147467261, "System.NullReferenceException"),
    ],
)
def test_a_store_that_is_not_there_or_not_for_us_says_nothing(
    server: LabServer, clock: HandClock, refusal: Response
) -> None:
    with connected(server, clock, Scripted(refusal)) as rest:
        assert term_sets(rest, WEB, [TOWNS]) is None
        assert term_store(rest, WEB, [TOWNS]) is None
        assert unknown_terms(rest, WEB, [TOWNS]) is None
        assert sets_named(rest, WEB, ["Towns"], 1033) == {"Towns": ()}
        assert terms_labelled(rest, WEB, [(TOWNS, "Ulm")], 1033) == {(TOWNS, "Ulm"): ()}


@pytest.mark.parametrize("is_all_refused", [False, True])
def test_a_right_to_the_store_alone_that_is_missing_is_no_sign_in_that_ended(
    server: LabServer, clock: HandClock, *, is_all_refused: bool
) -> None:
    def answer(request: Request) -> Response:
        if is_all_refused or request.path.endswith("ProcessQuery"):
            return Response(status=401)
        return json(b'{"Id":"x"}')

    with connected(server, clock, answer) as rest:
        if not is_all_refused:
            assert term_sets(rest, WEB, [TOWNS]) is None
            return
        with pytest.raises(SiteDenied) as told:
            term_sets(rest, WEB, [TOWNS])
    assert told.value.status == 401


def test_many_are_asked_for_in_some_requests(server: LabServer, clock: HandClock) -> None:
    script = Scripted(json(DONE))
    with connected(server, clock, script) as rest:
        assert term_sets(rest, WEB, [f"{number:036}" for number in range(2 * BATCH + 1)]) == {}
    assert len(script.heard) == 3


def test_signs_that_the_store_writes_wider_are_the_same() -> None:
    assert folded("R\N{FULLWIDTH AMPERSAND}D ") == folded("r&d")
