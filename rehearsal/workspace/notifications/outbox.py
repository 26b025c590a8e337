"""Word to people and programs, written down in the transaction of what it tells of: neither is without the other.

An e-mail is in the mailbox at once. A webhook is a delivery that waits for its turn: see `delivery`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from rehearsal.workspace import clock
from rehearsal.workspace.errors import DatabricksError
from rehearsal.workspace.notifications import destinations
from rehearsal.workspace.store import Body, Transaction

MAIL, WAITING, ENDED = "mail", "webhook_waiting", "webhook_ended"


@dataclass(frozen=True)
class Message:
    """The same word in the two forms that it is sent in."""

    subject: str
    text: str
    payload: Body
    page: str = ""
    """Path of the page that tells more; a mail leads to it."""


def send(
    tx: Transaction,
    workspace: str,
    message: Message,
    emails: Iterable[str] = (),
    destination_ids: Iterable[str] = (),
) -> None:
    """Put the message into the mailbox and among the deliveries. A destination that is gone by now is told nothing."""
    recipients = list(emails)
    for identifier in destination_ids:
        try:
            destination = destinations.find(tx, workspace, identifier)
        except DatabricksError:
            continue
        if destination["destination_type"] == destinations.EMAIL.value:
            recipients += destination["config"]["email"]["addresses"]
        else:
            _queue(tx, workspace, destination, message.payload)
    if recipients:
        _mail(tx, workspace, sorted(set(recipients)), message)


def mails(tx: Transaction, workspace: str) -> list[Body]:
    """E-mails, the newest first."""
    return tx.list(MAIL, f"{workspace}/")[::-1]


def deliveries(tx: Transaction, workspace: str) -> list[Body]:
    """Webhooks with each attempt to deliver them, those under way first, then the newest first."""
    return [*tx.list(WAITING, f"{workspace}/"), *tx.list(ENDED, f"{workspace}/")[::-1]]


def _mail(tx: Transaction, workspace: str, recipients: list[str], message: Message) -> None:
    number = tx.next_id(MAIL)
    mail = {
        "id": number,
        "to": recipients,
        "subject": message.subject,
        "text": message.text,
        "page": message.page,
        "time": clock.milliseconds(tx),
    }
    tx.put(MAIL, f"{workspace}/{number:012d}", mail)


def _queue(tx: Transaction, workspace: str, destination: Body, payload: Body) -> None:
    number = tx.next_id(WAITING)
    delivery = {
        "id": str(uuid.uuid4()),
        "key": f"{workspace}/{number:012d}",
        "workspace": workspace,
        "destination_id": destination["id"],
        "destination": destination["display_name"],
        "payload": payload,
        "state": "WAITING",
        "time": clock.milliseconds(tx),
        "attempts": [],
    }
    tx.put(WAITING, delivery["key"], delivery)
