"""The served sandbox answers Microsoft's own client, typed requests and all, over a real connection."""

from __future__ import annotations

import asyncio
import queue
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph.generated.models.conditional_access_applications import ConditionalAccessApplications
from msgraph.generated.models.conditional_access_client_app import ConditionalAccessClientApp
from msgraph.generated.models.conditional_access_condition_set import ConditionalAccessConditionSet
from msgraph.generated.models.conditional_access_grant_control import ConditionalAccessGrantControl
from msgraph.generated.models.conditional_access_grant_controls import ConditionalAccessGrantControls
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_state import ConditionalAccessPolicyState
from msgraph.generated.models.conditional_access_users import ConditionalAccessUsers
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod,
)
from msgraph.generated.models.temporary_access_pass_authentication_method_configuration import (
    TemporaryAccessPassAuthenticationMethodConfiguration as PassConfiguration,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from sandbox_tools import MIA, NEW_HIRES

from tapctl.sandbox import Misbehaviour, Store, reset
from tapctl.sandbox.serve import _url, serve

with warnings.catch_warnings():  # a base class of the SDK's warns about itself
    warnings.simplefilter("ignore", DeprecationWarning)
    from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder

pytestmark = [  # classes of the SDK that warn about themselves as they are imported, bit by bit
    pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
]
SERVER = """
import contextlib
import sys
from tapctl.sandbox import Misbehaviour, Store, reset
from tapctl.sandbox.serve import serve
store = Store()
reset(store)
drop = Misbehaviour(drop_answer_every=int(sys.argv[1]))
with contextlib.suppress(KeyboardInterrupt):
    serve(store, misbehaviour=drop, ready=lambda url: print(url, flush=True))
"""


class Credential:
    """A token that no authority has issued."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("sandbox", 4102444800)

    async def close(self) -> None: ...


def _serve(drop: int) -> Iterator[str]:
    command = [sys.executable, "-c", SERVER, str(drop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)


@pytest.fixture
def url() -> Iterator[str]:
    yield from _serve(0)


@pytest.fixture
def lossy_url() -> Iterator[str]:
    yield from _serve(1)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[GraphServiceClient]:
    provider = AzureIdentityAuthenticationProvider(
        Credential(), scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["127.0.0.1"]
    )
    async with httpx.AsyncClient() as http:
        adapter = GraphRequestAdapter(provider, client=http)
        adapter.base_url = f"{url}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def typed_policy() -> ConditionalAccessPolicy:
    return ConditionalAccessPolicy(
        display_name="Made by the SDK",
        state=ConditionalAccessPolicyState.EnabledForReportingButNotEnforced,
        conditions=ConditionalAccessConditionSet(
            client_app_types=[ConditionalAccessClientApp.All],
            users=ConditionalAccessUsers(include_groups=[NEW_HIRES]),
            applications=ConditionalAccessApplications(include_applications=["All"]),
        ),
        grant_controls=ConditionalAccessGrantControls(
            operator="OR", built_in_controls=[ConditionalAccessGrantControl.Mfa]
        ),
    )


def test_the_sdk_creates_changes_and_deletes_a_policy(url: str) -> None:
    async def scenario() -> None:
        async with connected(url) as graph:
            policies = graph.identity.conditional_access.policies
            made = await policies.post(typed_policy())
            assert made
            assert made.id
            assert made.conditions
            assert made.conditions.users
            assert made.conditions.users.exclude_groups == []

            changed = ConditionalAccessPolicy(display_name="Renamed")
            await policies.by_conditional_access_policy_id(made.id).patch(changed)
            listed = await policies.get()
            assert listed
            assert listed.value
            assert "Renamed" in [item.display_name for item in listed.value]

            await policies.by_conditional_access_policy_id(made.id).delete()
            with pytest.raises(ODataError) as caught:
                await policies.by_conditional_access_policy_id(made.id).get()
            assert caught.value.response_status_code == 404
            assert caught.value.error
            assert caught.value.error.inner_error
            assert caught.value.error.inner_error.request_id

    asyncio.run(scenario())


def test_the_sdk_restores_a_deleted_policy(url: str) -> None:
    async def scenario() -> None:
        async with connected(url) as graph:
            access = graph.identity.conditional_access
            made = await access.policies.post(typed_policy())
            assert made
            assert made.id
            await access.policies.by_conditional_access_policy_id(made.id).delete()
            restored = await access.deleted_items.policies.by_conditional_access_policy_id(
                made.id
            ).restore.post()
            assert restored
            assert restored.id == made.id

    asyncio.run(scenario())


def test_the_sdk_configures_and_issues_passes(url: str) -> None:
    async def scenario() -> None:
        async with connected(url) as graph:
            configuration = graph.policies.authentication_methods_policy.authentication_method_configurations
            passes = configuration.by_authentication_method_configuration_id("TemporaryAccessPass")
            await passes.patch(PassConfiguration(is_usable_once=True, default_length=10))
            found = await passes.get()
            assert isinstance(found, PassConfiguration)
            assert (found.is_usable_once, found.maximum_lifetime_in_minutes) == (True, 1440)

            methods = graph.users.by_user_id(MIA).authentication.temporary_access_pass_methods
            issued = await methods.post(TemporaryAccessPassAuthenticationMethod(lifetime_in_minutes=60))
            assert issued
            assert issued.temporary_access_pass
            assert len(issued.temporary_access_pass) == 10

    asyncio.run(scenario())


def test_the_sdk_reads_groups_page_by_page(url: str) -> None:
    async def scenario() -> list[str | None]:
        async with connected(url) as graph:
            parameters = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
                top=2, orderby=["displayName"]
            )
            page = await graph.groups.get(RequestConfiguration(query_parameters=parameters))
            assert page
            assert page.value
            names = [group.display_name for group in page.value]
            while page and page.odata_next_link:
                page = await graph.groups.with_url(page.odata_next_link).get()
                assert page
                assert page.value
                names += [group.display_name for group in page.value]
            return names

    names = asyncio.run(scenario())

    assert names == ["All staff", "Break glass", "IT administrators", "Lost device", "New hires"]


def test_a_lost_answer_is_a_broken_connection(lossy_url: str) -> None:
    headers = {"Authorization": "Bearer sandbox"}
    path = f"{lossy_url}/v1.0/groups/{NEW_HIRES}"

    with pytest.raises(httpx.TransportError):
        httpx.patch(path, json={"description": "Changed"}, headers=headers)

    assert httpx.get(path, headers=headers).json()["description"] == "Changed"


def test_serving_ends_with_the_interrupt_and_names_its_url() -> None:
    """In a thread of this process, so that it is measured; a signal to the process ends it."""
    store, urls = Store(), queue.Queue[str]()
    reset(store)
    ready = threading.Event()

    def told(url: str) -> None:
        urls.put(url)
        ready.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve(store, ready=told, misbehaviour=Misbehaviour())

    assert urls.get().startswith("http://127.0.0.1:")
    assert ready.is_set()


def test_only_this_machine_is_served() -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(Store(), "0.0.0.0")  # noqa: S104


def test_an_address_of_version_six_is_written_in_brackets() -> None:
    assert _url("::1", 8443, is_secure=True) == "https://[::1]:8443"
