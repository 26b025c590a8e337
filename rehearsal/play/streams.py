"""The outside world of streaming inference: it has brokers and their secret, sends requests, and reads predictions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from databricks.sdk import WorkspaceClient

from environments import names
from environments.settings import Environment, Model
from rehearsal.play.kafka import topics
from rehearsal.play.kafka.broker import Broker

# A sender's mistake: what cannot be read is put aside with the reason.
UNREADABLE = ("a-mistake", "XX123 departs at noon")


def let_in(admin: WorkspaceClient, environment: Environment, broker: Broker) -> None:
    """Put the brokers' password where the environment's jobs look for it, as who runs the brokers would."""
    if environment.kafka:
        scope, key = names.secret_scope(environment), environment.kafka.secret
        admin.secrets.put_secret(scope, key, string_value=broker.connection_string())


def make_topics(broker: Broker, environment: Environment, model: Model) -> None:
    """Make the model's topics, unless they are there."""
    assert model.streaming
    wanted = [name for name in (model.streaming.from_topic, model.streaming.to_topic) if name]
    topics.make(broker, *(names.topic(environment, name) for name in wanted))


def send(broker: Broker, environment: Environment, model: Model, requests: Iterable[Mapping[str, Any]]) -> int:
    """Send requests, by their key, and one record that is none; how many there were."""
    assert model.streaming and model.streaming.from_topic
    records = (("|".join(str(request[key]) for key in model.entity_key), json.dumps(request)) for request in requests)
    return topics.send(broker, names.topic(environment, model.streaming.from_topic), chain(records, [UNREADABLE]))


def predictions(broker: Broker, environment: Environment, model: Model) -> dict[str, dict[str, Any]]:
    """The newest prediction of each key: records may come twice, and the one that was scored last counts."""
    assert model.streaming and model.streaming.to_topic
    newest: dict[str, dict[str, Any]] = {}
    for key, said in _records(broker, names.topic(environment, model.streaming.to_topic)):
        if key not in newest or newest[key]["scored_at"] <= said["scored_at"]:
            newest[key] = said
    return newest


def _records(broker: Broker, topic: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in topics.read(broker, topic):
        yield key, json.loads(value)
