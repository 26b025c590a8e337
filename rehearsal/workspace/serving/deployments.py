"""What really serves: the processes behind each endpoint, and the change from one configuration to the next.

Zero downtime as on Databricks: the old configuration answers until every process of the new one has passed its health
check; if one fails to load, the old one stays. https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk.service.serving import EndpointCoreConfigOutput, ServedEntityOutput, ServedModelState

from rehearsal.workspace.context import Platform
from rehearsal.workspace.errors import DatabricksError, invalid, not_found
from rehearsal.workspace.serving import endpoints, feature_lookups
from rehearsal.workspace.serving.dispatch import Retired
from rehearsal.workspace.serving.limits import unavailable
from rehearsal.workspace.serving.process import LoadFailed, ModelProcess, ModelSpec, end_orphans
from rehearsal.workspace.serving.served_entity import ServedEntity
from rehearsal.workspace.serving.sizes import size
from rehearsal.workspace.serving.wire import Answer
from rehearsal.workspace.store import Body
from rehearsal.workspace.unity_catalog import models

log = logging.getLogger(__name__)
_REST_CHECK_SECONDS = 1.0


@dataclass(frozen=True)
class Active:
    """The configuration that answers now: the served entities, and where traffic goes."""

    entities: dict[str, ServedEntity]
    weights: dict[str, int]

    def choose(self) -> ServedEntity:
        """A served entity, at random by its share of the traffic."""
        if len(self.weights) == 1:
            return self.entities[next(iter(self.weights))]
        return self.entities[random.choices(list(self.weights), list(self.weights.values()))[0]]


class Deployments:
    """All endpoints' processes of a running platform, by endpoint id."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._root = platform.home / "serving"
        self._active: dict[str, Active] = {}
        self._pending: dict[str, dict[str, ServedEntity]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._stopped = threading.Event()

    def restore(self) -> None:
        """After a restart: end orphans, start what was served, carry on with updates that were under way."""
        end_orphans(self._root)
        with self._platform.store.transaction() as tx:
            known = endpoints.list_all(tx)
        for endpoint in known:
            if endpoint["config"]:
                config = EndpointCoreConfigOutput.from_dict(endpoint["config"])
                self._active[endpoint["id"]] = self._activate(config, self._entities(endpoint, config, {}))
            if endpoint["config_update"] == endpoints.IN_PROGRESS:
                self.update(endpoint)
        threading.Thread(target=self._keep_resting, daemon=True, name="serving-scale-to-zero").start()

    def update(self, endpoint: Body) -> None:
        """Start to replace the active configuration by the document's pending one; returns at once."""
        threading.Thread(target=self._update, args=(endpoint,), daemon=True, name=f"update-{endpoint['name']}").start()

    def remove(self, endpoint_id: str) -> None:
        """End all processes of a deleted endpoint."""
        with self._lock:
            active = self._active.pop(endpoint_id, None)
            pending = self._pending.pop(endpoint_id, {})
        for entity in {*(active.entities.values() if active else ()), *pending.values()}:
            entity.retire()

    def close(self) -> None:
        """End everything."""
        self._stopped.set()
        with self._lock:
            self._closed = True
            entities = {entity for active in self._active.values() for entity in active.entities.values()}
            entities |= {entity for pending in self._pending.values() for entity in pending.values()}
        for entity in entities:
            entity.stop()

    def state(self, endpoint_id: str, entity_name: str) -> ServedModelState | None:
        """State of an entity of the active configuration."""
        active = self._active.get(endpoint_id)
        return active.entities[entity_name].state() if active and entity_name in active.entities else None

    def pending_state(self, endpoint_id: str, entity_name: str) -> ServedModelState | None:
        """State of an entity of the configuration that is being deployed."""
        entity = self._pending.get(endpoint_id, {}).get(entity_name)
        return entity.state() if entity else None

    def active_entities(self, endpoint_id: str) -> list[ServedEntity]:
        """The served entities that answer now."""
        active = self._active.get(endpoint_id)
        return list(active.entities.values()) if active else []

    async def invoke(
        self, endpoint: Body, body: bytes, content_type: str, entity_name: str | None = None
    ) -> tuple[ServedEntity, Answer]:
        """Score by the entity that traffic falls to (or the one named). Returns it and its answer."""
        while True:
            active = self._active.get(endpoint["id"])
            if active is None:
                if endpoint["config_update"] == endpoints.IN_PROGRESS or endpoint["config"]:
                    raise unavailable(f"Endpoint '{endpoint['name']}' is not ready yet; its model is being deployed.")
                raise invalid(
                    f"Endpoint '{endpoint['name']}' serves no model: it has no configuration that was deployed.",
                    "BAD_REQUEST",
                )
            if entity_name is not None and entity_name not in active.entities:
                raise not_found(f"Endpoint '{endpoint['name']}' has no served entity '{entity_name}'.")
            entity = active.entities[entity_name] if entity_name else active.choose()
            try:
                return entity, await entity.ask(body, content_type)
            except Retired:
                continue  # the configuration changed since we looked

    def log_file(self, endpoint: Body, entity_name: str) -> Path:
        """Where the processes of a served entity write."""
        return self._platform.home / "logs" / f"serving-{endpoint['workspace']}-{endpoint['name']}-{entity_name}.log"

    def _update(self, endpoint: Body) -> None:
        config = EndpointCoreConfigOutput.from_dict(endpoint["pending_config"])
        with self._lock:
            if self._closed:
                return
            old = self._active.get(endpoint["id"])
            current = old.entities if old else {}
            entities = self._entities(endpoint, config, current)
            self._pending[endpoint["id"]] = entities
        errors = {name: error for name, entity in entities.items() if (error := entity.wait_first_result())}
        with self._lock:
            if self._closed or self._pending.pop(endpoint["id"], None) is None:
                return  # deleted meanwhile, or the workspace stops: whoever took it ends the processes
            # First what answers, then what the API says: a client that has seen the end of the update gets the new one.
            if not errors:
                self._active[endpoint["id"]] = self._activate(config, entities)
            before, after = set(current.values()), set(entities.values())
            unused = after - before if errors else before - after
        try:
            self._record(endpoint, config, errors)
        finally:
            for entity in unused:
                entity.retire()

    def _record(self, endpoint: Body, config: EndpointCoreConfigOutput, errors: dict[str, str]) -> None:
        with self._platform.store.transaction() as tx:
            latest = endpoints.find(tx, endpoint["workspace"], endpoint["name"])
            if errors:
                latest["config_update"] = endpoints.UPDATE_FAILED
                latest["pending_errors"] = errors
                log.warning("endpoint %s: update to %s failed: %s", endpoint["name"], config.config_version, errors)
            else:
                latest["config_update"] = endpoints.NOT_UPDATING
                latest["config"], latest["pending_config"] = latest["pending_config"], None
                latest["config"].pop("start_time", None)
                latest["pending_errors"] = {}
                log.info("endpoint %s serves configuration %s", endpoint["name"], config.config_version)
            endpoints.save(tx, latest)

    def _entities(
        self, endpoint: Body, config: EndpointCoreConfigOutput, current: dict[str, ServedEntity]
    ) -> dict[str, ServedEntity]:
        """The processes for each served entity; one that serves the very same already goes on."""
        entities = {}
        for wanted in config.served_entities or []:
            name, spec = wanted.name or "", self._spec(endpoint, wanted)
            settings = (spec, size(wanted), bool(wanted.scale_to_zero_enabled))
            same = current.get(name)
            if same is None or not same.serves_as(*settings):
                same = ServedEntity(name, *settings, self._start, self._platform.clock.now)
            entities[name] = same
        return entities

    def _activate(self, config: EndpointCoreConfigOutput, entities: dict[str, ServedEntity]) -> Active:
        routes = (config.traffic_config.routes if config.traffic_config else None) or []
        return Active(entities, {route.served_model_name or "": route.traffic_percentage for route in routes})

    def _keep_resting(self) -> None:
        while not self._stopped.wait(_REST_CHECK_SECONDS):
            for active in list(self._active.values()):
                for entity in active.entities.values():
                    entity.rest_when_idle()

    def _spec(self, endpoint: Body, entity: ServedEntityOutput) -> ModelSpec:
        return ModelSpec(
            entity_name=entity.entity_name or "",
            entity_version=entity.entity_version or "",
            environment=tuple(sorted((entity.environment_vars or {}).items())),
            log=self.log_file(endpoint, entity.name or ""),
            workspace=endpoint["workspace"],
            creator=endpoint["creator"],
        )

    def _start(self, spec: ModelSpec) -> ModelProcess:
        try:
            files = models.version_path(self._platform, spec.entity_name, int(spec.entity_version))
            lookups = feature_lookups.handed_over(
                self._platform, spec.workspace, spec.creator, files, dict(spec.environment)
            )
        except DatabricksError as error:  # deleted since the configuration was accepted, or features may not be read
            raise LoadFailed(error.message) from error
        return ModelProcess(spec, files, self._root / uuid.uuid4().hex, lookups)
