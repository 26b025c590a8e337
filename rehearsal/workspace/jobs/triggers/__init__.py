"""What starts a job besides a person: file arrival, table updates, periods; the schedule's part is `scheduling`."""
