"""The servers of a play: the local workspace, and of the outside world a Kafka broker and a PostgreSQL server."""

from __future__ import annotations

from datetime import datetime

from environments.settings import Environment, load_account
from rehearsal.play import sinks, streams
from rehearsal.play.database import Database
from rehearsal.play.kafka.broker import Broker
from rehearsal.play.platform import LocalPlatform
from rehearsal.play.together import together


class Servers:
    """Those of one home folder; they outlive the process that starts them, until `stop`."""

    def __init__(self, local: LocalPlatform) -> None:
        self.local = local
        self.broker = Broker(local.home, local.port_base)
        self.database = Database(local.home, local.port_base)

    def start(self, begin: datetime | None = None) -> None:
        """Start those that do not run, at the same time: each mostly waits, for its downloads in a new checkout.

        Args:
            begin: the time (UTC) with which the clock of a new home begins; the machine's where it is not said.

        Raises PlatformError, BrokerError, ServerError, SettingsError.
        """
        metastore_id = load_account().metastore_id
        together([lambda: self.local.start(metastore_id, begin), self.broker.start, self.database.start])
        self.local.enrol()

    def let_in(self, environment: Environment) -> None:
        """Let the environment's jobs reach broker and database, as those who run them would: their secrets are put."""
        admin = self.local.client(environment.name)
        streams.let_in(admin, environment, self.broker)
        sinks.let_in(admin, environment, self.database)

    def stop(self) -> bool:
        """End them in an orderly way; False when no workspace was running."""
        stopped = self.local.stop()
        self.broker.stop()
        self.database.stop()
        return stopped
