"""Logic Apps: a workflow, and its triggers and actions: resources of Terraform's, parts of one document of Azure's."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from rehearsal.provider.azure.fields import At, Field, Out, flag
from rehearsal.provider.azure.places import InGroup
from rehearsal.provider.azure.resource import LOCATION, TAGS, AzureResource
from rehearsal.provider.azure.resources.identity import IDENTITY
from rehearsal.provider.kind import Kind, Values

if TYPE_CHECKING:
    from rehearsal.provider.azure.client import ArmClient

LANGUAGE = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"


class LogicAppWorkflow(AzureResource):
    """A workflow without its triggers and actions."""

    name = "logic_app_workflow"
    place = InGroup("Microsoft.Logic/workflows")
    defaults: ClassVar[Values] = {"enabled": True, "workflow_schema": LANGUAGE, "workflow_version": "1.0.0.0"}
    force_new = frozenset({"workflow_schema", "workflow_version"})
    fields: ClassVar[dict[str, Field]] = {
        "location": LOCATION,
        "tags": TAGS,
        "identity": IDENTITY,
        "enabled": flag("properties.state"),
        "workflow_schema": At("properties.definition.$schema"),
        "workflow_version": At("properties.definition.contentVersion"),
        "workflow_parameters": At(
            "properties.definition.parameters",
            lambda texts: {name: json.loads(text) for name, text in texts.items()},
            lambda items: {name: json.dumps(item) for name, item in items.items()},
        ),
        "parameters": At(
            "properties.parameters",
            lambda given: {name: {"value": value} for name, value in given.items()},
            lambda items: {name: item["value"] for name, item in items.items()},
        ),
        "access_endpoint": Out("properties.accessEndpoint"),
    }


class _Part(Kind):
    """A trigger or an action: an entry of the workflow's definition."""

    family = "azurerm"
    section: ClassVar[str]
    force_new = frozenset({"logic_app_id", "name"})

    @abstractmethod
    def entry(self, wanted: Values) -> Values:
        """The entry that the attributes mean."""

    @abstractmethod
    def attributes(self, entry: Values, known: Values) -> Values:
        """The attributes that the entry means."""

    def create(self, api: ArmClient, wanted: Values) -> str:
        """Add it to the workflow."""
        identifier = f"{wanted['logic_app_id']}/{self.section}/{wanted['name']}"
        with api.changing:
            document = api.get(wanted["logic_app_id"])
            entries = document["properties"]["definition"].setdefault(self.section, {})
            if wanted["name"] in entries:
                raise ValueError(f'a resource with the ID "{identifier}" already exists and needs to be imported')
            entries[wanted["name"]] = self.entry(wanted)
            api.put(wanted["logic_app_id"], document)
        return identifier

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """The entry. Raises NotFound when the workflow has none of the name."""
        from rehearsal.provider.azure.client import NotFound

        workflow, _, name = identifier.rpartition(f"/{self.section}/")
        entry = api.get(workflow)["properties"]["definition"].get(self.section, {}).get(name)
        if entry is None:
            raise NotFound(404, "ResourceNotFound", f"{workflow} has no {name} in {self.section}")
        return {"logic_app_id": workflow, "name": name, **self.attributes(entry, known)}

    def update(self, api: ArmClient, identifier: str, before: Values, wanted: Values) -> str:
        """Put another entry in its place."""
        with api.changing:
            document = api.get(wanted["logic_app_id"])
            document["properties"]["definition"].setdefault(self.section, {})[wanted["name"]] = self.entry(wanted)
            api.put(wanted["logic_app_id"], document)
        return identifier

    def delete(self, api: ArmClient, identifier: str, known: Values) -> None:
        """Take it out of the workflow."""
        with api.changing:
            document = api.get(known["logic_app_id"])
            if document["properties"]["definition"].get(self.section, {}).pop(known["name"], None) is not None:
                api.put(known["logic_app_id"], document)


class LogicAppTriggerHttpRequest(_Part):
    """A request to the workflow's address."""

    name = "logic_app_trigger_http_request"
    section = "triggers"

    def entry(self, wanted: Values) -> Values:
        """The entry that the attributes mean."""
        given = {"method": wanted.get("method"), "relativePath": wanted.get("relative_path")}
        inputs = {name: value for name, value in given.items() if value}
        return {"type": "Request", "kind": "Http", "inputs": {"schema": json.loads(wanted["schema"]), **inputs}}

    def attributes(self, entry: Values, known: Values) -> Values:
        """The attributes that the entry means."""
        inputs = entry.get("inputs", {})
        return {
            "schema": _text(inputs.get("schema", {}), known.get("schema")),
            "method": inputs.get("method"),
            "relative_path": inputs.get("relativePath"),
        }

    def read(self, api: ArmClient, identifier: str, known: Values) -> Values:
        """The trigger with its address."""
        found = super().read(api, identifier, known)
        return {**found, "callback_url": api.post(f"{identifier}/listCallbackUrl")["value"]}


class LogicAppActionCustom(_Part):
    """Any action, written as JSON."""

    name = "logic_app_action_custom"
    section = "actions"

    def entry(self, wanted: Values) -> Values:
        """The entry that the attributes mean."""
        entry: Values = json.loads(wanted["body"])
        return entry

    def attributes(self, entry: Values, known: Values) -> Values:
        """The attributes that the entry means."""
        return {"body": _text(entry, known.get("body"))}


def _text(value: Any, known: str | None) -> str:
    """The JSON of a value: as it is known, when that means the same."""
    return known if known and json.loads(known) == value else json.dumps(value)
