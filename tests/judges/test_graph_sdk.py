"""A Graph SDK that others wrote, with a typed model of its own, reads the lab's directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from office365 import azure_env
from office365.azure_env import AzureEnvironment
from office365.directory.users.user import User
from office365.graph_client import GraphClient
from office365.runtime.client_request_exception import ClientRequestException

from strongroom.lab.lab import Lab
from tests.judges.graph import GraphJudge


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphJudge]:
    with Lab() as lab:
        judge = GraphJudge(lab, tmp_path_factory.mktemp("graph-sdk") / "ca.pem")
        yield judge
        judge.close()
        assert lab.cloud.graph.crashes == []


@pytest.fixture
def client(judge: GraphJudge, monkeypatch: pytest.MonkeyPatch) -> GraphClient:
    """The SDK as it is; the lab is one more cloud in its list of clouds."""
    monkeypatch.setitem(azure_env._ENDPOINTS[AzureEnvironment.Global], "graph", judge.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(judge.ca_file))
    return GraphClient(token_callback=lambda: {"token_type": "Bearer", "access_token": judge.token})


def test_it_pages_through_all_people(client: GraphClient, judge: GraphJudge) -> None:
    found = client.users.get_all(page_size=3).execute_query()
    known = judge.lab.cloud.tenant.users.values()
    assert {one.user_principal_name for one in found} == {one.upn for one in known}
    assert len(found) == len(known) > 3


def test_it_selects_filters_and_reads_one(client: GraphClient, judge: GraphJudge) -> None:
    upn = judge.lab.cast.users[0].address
    one = client.users[upn].get().select(["id", "displayName", "mail"]).execute_query()
    assert one.mail == upn
    assert one.id
    again = client.users[one.id].get().execute_query()
    assert again.user_principal_name == upn


def test_it_batches(client: GraphClient, judge: GraphJudge) -> None:
    asked: list[User] = []
    for one in judge.lab.cast.users[:3]:
        user = client.users[one.address]
        client.load(user)
        asked.append(user)
    client.execute_batch()
    assert [one.user_principal_name for one in asked] == [
        one.address for one in judge.lab.cast.users[:3]
    ]


def test_it_reads_sites_and_what_is_registered(client: GraphClient) -> None:
    sites = client.sites.get_all_sites().execute_query()
    assert {bool(one.id and one.web_url) for one in sites} == {True}


def test_it_understands_the_refusal(client: GraphClient) -> None:
    with pytest.raises(ClientRequestException) as refused:
        client.users["nobody@lab.example"].get().execute_query()
    assert refused.value.response is not None
    assert refused.value.response.status_code == 404
    assert refused.value.code == "Request_ResourceNotFound"


def test_it_reads_a_mailbox_that_its_model_does_not_know(
    client: GraphClient, judge: GraphJudge
) -> None:
    address = judge.lab.cast.users[0].address
    mailbox = judge.lab.estate.mailbox(address)
    assert mailbox is not None
    home = f"admin/exchange/mailboxes/MBX:{mailbox.guid}@{judge.lab.cloud.tenant.id}"
    told: Any = client.execute_request_direct(f"{home}/folders/inbox/items?$top=5").json()
    known = [one for one in mailbox.folder_by_role("inbox").items if not one.is_associated]
    assert 0 < len(told["value"]) <= 5
    assert len(known) >= len(told["value"])
