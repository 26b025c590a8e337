"""Notification destinations by the stock client; webhooks to a real receiver that fails at first; jobs tell both."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.settings import Config, DestinationType, EmailConfig, GenericWebhookConfig, SlackConfig

from rehearsal.workspace.notifications import outbox
from rehearsal.workspace.notifications.outbox import Message
from tests.workspace.conftest import People, Server
from tests.workspace.delta_support import platform_of
from tests.workspace.webhook_receiver import Receiver, listening, until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as told:
        yield told


def webhook(client: WorkspaceClient, name: str, url: str, **login: str) -> str:
    config = Config(generic_webhook=GenericWebhookConfig(url=url, **login))
    return str(client.notification_destinations.create(display_name=name, config=config).id)


def send(server: Server, message: Message, *destination_ids: str, emails: tuple[str, ...] = ()) -> None:
    with platform_of(server).store.transaction() as tx:
        outbox.send(tx, "dev", message, emails, destination_ids)


def deliveries(server: Server, identifier: str) -> list[dict[str, Any]]:
    answer = server.admin().api_client.do("GET", "/api/2.0/understudy/notifications/deliveries")
    assert isinstance(answer, dict)
    return [delivery for delivery in answer["deliveries"] if delivery["destination_id"] == identifier]


def message(number: int = 1) -> Message:
    return Message(f"subject {number}", "text", {"number": number})


def test_a_destination_lives_and_keeps_its_secrets(server: Server) -> None:
    api = server.admin().notification_destinations
    made = api.create(display_name="people", config=Config(email=EmailConfig(["a@example.com"])))
    assert made.destination_type == DestinationType.EMAIL and made.id
    changed = api.update(made.id, display_name="team", config=Config(email=EmailConfig(["b@example.com"])))
    assert changed.display_name == "team" and changed == api.get(made.id)
    secret = webhook(server.admin(), "hook", "https://example.com/run?sig=secret", username="u", password="p")
    shown = json.dumps(api.get(secret).as_dict())
    assert '"url_set": true' in shown and '"password_set": true' in shown
    assert "sig=secret" not in shown and "example.com" not in shown
    assert {(item.display_name, item.destination_type) for item in api.list()} >= {
        ("team", DestinationType.EMAIL),
        ("hook", DestinationType.WEBHOOK),
    }
    with pytest.raises(ResourceConflict):
        api.create(display_name="team", config=Config(email=EmailConfig(["a@example.com"])))
    for identifier in (made.id, secret):
        api.delete(identifier)
        with pytest.raises(NotFound):
            api.get(identifier)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (Config(), "exactly one type"),
        (Config(email=EmailConfig([])), "at least one address"),
        (Config(email=EmailConfig(["nobody"])), "'nobody' is not an e-mail address"),
        (Config(generic_webhook=GenericWebhookConfig(url="http://example.com")), "must be an https URL"),
        (Config(generic_webhook=GenericWebhookConfig(url="file:///etc/passwd")), "must be an https URL"),
        (Config(slack=SlackConfig(url="https://hooks.slack.com/x")), "slack are not available"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_a_destination(server: Server, config: Config, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        server.admin().notification_destinations.create(display_name="wrong", config=config)


def test_administrators_only(server: Server, people: People) -> None:
    mine = server.client(people.scientist)
    identifier = webhook(server.admin(), "guarded", "https://example.com/x")
    with pytest.raises(PermissionDenied):
        webhook(mine, "own", "https://example.com/x")
    with pytest.raises(PermissionDenied):
        mine.notification_destinations.get(identifier)
    with pytest.raises(PermissionDenied):
        mine.notification_destinations.delete(identifier)
    assert identifier in [item.id for item in mine.notification_destinations.list()]
    with pytest.raises(PermissionDenied):
        mine.api_client.do("GET", "/api/2.0/understudy/notifications/deliveries")


def test_a_webhook_is_tried_again_until_it_is_taken(server: Server, receiver: Receiver) -> None:
    identifier = webhook(server.admin(), "flaky", receiver.url, username="who", password="secret")
    receiver.statuses = [503, 429]
    send(server, message(7), identifier)
    until(lambda: deliveries(server, identifier)[0]["state"] == "DELIVERED")
    (delivery,) = deliveries(server, identifier)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [503, 429, 200]
    headers, body = receiver.got[-1]
    assert body == {"number": 7} and len(receiver.got) == 3
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"who:secret"


def test_a_webhook_that_is_refused_is_not_tried_again(server: Server, receiver: Receiver) -> None:
    identifier = webhook(server.admin(), "refusing", receiver.url)
    receiver.statuses = [404]
    send(server, message(), identifier)
    until(lambda: deliveries(server, identifier)[0]["state"] == "REFUSED")
    assert len(receiver.got) == 1


@pytest.mark.trial
def test_what_waits_survives_the_death_of_the_workspace(server: Server, receiver: Receiver) -> None:
    identifier = webhook(server.admin(), "later", receiver.url)
    receiver.statuses = [503]
    send(server, message(1), identifier, emails=("someone@example.com",))
    until(lambda: receiver.got)
    server.stop(signal.SIGKILL)
    send(server, message(2), identifier)
    server.start()
    until(lambda: [delivery["state"] for delivery in deliveries(server, identifier)] == ["DELIVERED", "DELIVERED"])
    assert {body["number"] for _, body in receiver.got} == {1, 2}


def test_the_mailbox(server: Server, people: People) -> None:
    identifier = str(
        server.admin()
        .notification_destinations.create(
            display_name="both", config=Config(email=EmailConfig([people.scientist, "b@example.com"]))
        )
        .id
    )
    send(server, message(3), identifier, emails=("b@example.com",))
    path = "/api/2.0/understudy/notifications/mails"
    newest = server.admin().api_client.do("GET", path)["mails"][0]  # type: ignore[index]
    assert newest["subject"] == "subject 3" and newest["to"] == sorted([people.scientist, "b@example.com"])
    mine = server.client(people.scientist).api_client.do("GET", path)["mails"]  # type: ignore[index]
    others = server.client(people.engineer).api_client.do("GET", path)["mails"]  # type: ignore[index]
    assert [mail["id"] for mail in mine] == [newest["id"]] and others == []
