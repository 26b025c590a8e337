"""The one error of delivery: what is wrong, where, what was found and what is expected."""

from __future__ import annotations


class DeliveryError(Exception):
    """Delivery does not go on; its message is all that people have to read."""

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: found {found}, expected {expected}")
        self.where, self.found, self.expected = where, found, expected
