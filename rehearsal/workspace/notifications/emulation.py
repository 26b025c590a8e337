"""What notifications say of themselves."""

from rehearsal.emulation import Notes

NOTES = Notes(
    title="Notifications",
    summary="Jobs, alerts and monitors tell people by e-mail, into a local mailbox, and programs by webhook.",
    works=(
        "Notification destinations of the types e-mail and generic webhook; their URLs and passwords are never shown",
        "A webhook is tried up to six times with growing pauses, by basic authentication where it has a user name",
        "What waits survives a kill: each webhook is delivered at least once",
        "Word is written down in the transaction of what it tells of: neither is without the other",
    ),
    differs=(
        "No e-mail leaves the machine: the mailbox is `GET /api/2.0/understudy/notifications/mails`",
        "Deliveries and their attempts can be read: `GET /api/2.0/understudy/notifications/deliveries`",
        "Webhooks may go to plain http on the loopback address; Databricks asks for https",
        "What an alert posts is not documented by Databricks: the payload here says what alerts' templates can say",
    ),
    refused=("Destinations of the types Slack, Microsoft Teams and PagerDuty",),
)
