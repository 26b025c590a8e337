"""A served entity at work: its model servers, the queue before them, and its sleep where it may scale to zero."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from databricks.sdk.service.serving import ServedModelState, ServedModelStateDeployment

from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.serving.dispatch import Dispatcher
from rehearsal.workspace.serving.limits import SCORING_SECONDS, unavailable
from rehearsal.workspace.serving.metrics import Load, Metrics
from rehearsal.workspace.serving.process import ModelProcess, ModelSpec
from rehearsal.workspace.serving.replica import Replica
from rehearsal.workspace.serving.sizes import Size
from rehearsal.workspace.serving.wire import Answer

log = logging.getLogger(__name__)
# https://learn.microsoft.com/azure/databricks/machine-learning/model-serving/: scaled to zero after 30 minutes.
IDLE = timedelta(minutes=30)


class ServedEntity:
    """The processes that answer for one served entity.

    Args:
        clock: the workspace's time, by which it falls asleep.
    """

    def __init__(
        self,
        name: str,
        spec: ModelSpec,
        size: Size,
        scales_to_zero: bool,
        start: Callable[[ModelSpec], ModelProcess],
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.spec = spec
        self.size = size
        self.scales_to_zero = scales_to_zero
        self.metrics = Metrics()
        self.load = Load()
        self._start = start
        self._clock = clock
        self._dispatcher = Dispatcher(name, size.connections)
        self._lock = threading.Lock()
        self._last_asked = clock()
        self._asleep = False
        self._ended = False
        self._replicas: tuple[Replica, ...] = ()  # one that fails at once asks for the others
        self._replicas = self._start_replicas()

    def serves_as(self, spec: ModelSpec, size: Size, scales_to_zero: bool) -> bool:
        """Is it what a configuration wants, so that it can go on?"""
        return (self.spec, self.size, self.scales_to_zero) == (spec, size, scales_to_zero)

    def wait_first_result(self) -> str | None:
        """Wait until all model servers have started (None), or one could not (why)."""
        errors = [replica.wait_first_result() for replica in self._replicas]
        return next((error for error in errors if error), None)

    async def ask(self, body: bytes, content_type: str) -> Answer:
        """The model's answer; waits for a model server that is being started. Raises Retired or DatabricksError."""
        with self._lock:
            self._last_asked = self._clock()
            if self._asleep and not self._ended:
                log.info("served entity %s is asked again: it is started", self.name)
                self._asleep, self._replicas = False, self._start_replicas()
            replicas = self._replicas
        if replicas and all(replica.error for replica in replicas):
            raise self._unavailable(str(replicas[0].error))
        return await self._dispatcher.ask(body, content_type)

    def rest_when_idle(self) -> None:
        """End the model servers when nobody has asked for long, where that is wanted."""
        with self._lock:
            idle = self._clock() - self._last_asked >= IDLE and not self._dispatcher.in_flight
            if not self.scales_to_zero or not idle or self._asleep or not all(item.process for item in self._replicas):
                return
            self._asleep, replicas, self._replicas = True, self._replicas, ()
        log.info("served entity %s is scaled to zero", self.name)
        self._stop_all(replicas)

    def processes(self) -> list[ModelProcess]:
        """The model servers that answer now."""
        return [replica.process for replica in self._replicas if replica.process is not None]

    def state(self) -> ServedModelState:
        """The state as the endpoint shows it."""
        deployment = ServedModelStateDeployment
        replicas = self._replicas
        if self._asleep:
            return ServedModelState(deployment.DEPLOYMENT_READY, "Scaled to zero")
        if any(replica.process for replica in replicas):
            return ServedModelState(deployment.DEPLOYMENT_READY, "")
        error = next((replica.error for replica in replicas if replica.error), None)
        if error is not None:
            return ServedModelState(deployment.DEPLOYMENT_FAILED, f"Failed to deploy the model: {error}")
        if any(replica.was_ready for replica in replicas):
            return ServedModelState(deployment.DEPLOYMENT_RECOVERING, "The model server ended and is started again.")
        return ServedModelState(deployment.DEPLOYMENT_CREATING, "Loading the model.")

    def retire(self) -> None:
        """Let running requests end, then end the processes; returns at once."""
        threading.Thread(target=self._end, args=(SCORING_SECONDS,), daemon=True, name=f"retire-{self.name}").start()

    def stop(self) -> None:
        """End the processes now."""
        self._end(0)

    def ready(self, process: ModelProcess) -> None:
        """A model server answers (called by its supervisor)."""
        self._dispatcher.add(process)

    def gone(self, process: ModelProcess) -> None:
        """A model server has ended by itself (called by its supervisor)."""
        self._dispatcher.discard(process)

    def failed(self, reason: str) -> None:
        """A model server could not be started (called by its supervisor): without another, nobody need wait for it."""
        if not self.processes():
            self._dispatcher.refuse_waiting(self._unavailable(reason))

    def _unavailable(self, reason: str) -> DatabricksError:
        return unavailable(f"The served entity '{self.name}' is not ready. Last error: {reason}")

    def _start_replicas(self) -> tuple[Replica, ...]:
        return tuple(Replica(self.name, self.spec, self._start, self) for _ in range(self.size.processes))

    def _end(self, drain_seconds: float) -> None:
        self._dispatcher.close(drain_seconds)
        with self._lock:
            self._ended = True
            replicas, self._replicas = self._replicas, ()
        self._stop_all(replicas)

    def _stop_all(self, replicas: tuple[Replica, ...]) -> None:
        for replica in replicas:
            if replica.process is not None:
                self._dispatcher.discard(replica.process)
        for replica in replicas:
            replica.stop()
