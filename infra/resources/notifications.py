"""Where alerts go: to people by e-mail, and to each model's Logic App, which starts the training job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_databricks.notification_destination import (
    NotificationDestination,
    NotificationDestinationConfigA,
    NotificationDestinationConfigEmail,
    NotificationDestinationConfigGenericWebhook,
)
from constructs import Construct

from environments import names
from environments.settings import Environment, Model


@dataclass(frozen=True)
class Destinations:
    """Notification destinations; those that start the training by the model's name."""

    people: NotificationDestination
    retrain: Mapping[str, NotificationDestination]


def add_destinations(
    scope: Construct, environment: Environment, models: Sequence[Model], retrain_urls: Mapping[str, str]
) -> Destinations:
    """Add them. A webhook's URL carries its own key, so it is told only here and kept secret by the workspace."""
    people = NotificationDestination(
        scope,
        "notify-people",
        display_name=names.email_destination(environment),
        config=NotificationDestinationConfigA(email=NotificationDestinationConfigEmail(addresses=environment.notify)),
    )
    retrain = {
        model.name: NotificationDestination(
            scope,
            f"notify-retrain-{model.name}",
            display_name=names.retrain_destination(environment, model),
            config=NotificationDestinationConfigA(
                generic_webhook=NotificationDestinationConfigGenericWebhook(url=retrain_urls[model.name])
            ),
        )
        for model in models
    }
    return Destinations(people, retrain)
