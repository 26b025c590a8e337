"""What stops a year."""


class YearError(Exception):
    """What the year needs to go on did not happen; the message says what."""
