"""A field of a cron expression: lists, ranges and steps of numbers or names."""

from __future__ import annotations

import re


def numbers(text: str, high: int, low: int, words: dict[str, int], name: str) -> set[int]:
    """The values of a field of lists, ranges and steps; a range whose end is before its start goes around.

    Raises ValueError.
    """
    values: set[int] = set()
    for part in text.split(","):
        base, slash, step = part.partition("/")
        if slash and not re.fullmatch(r"[1-9]\d*", step):
            raise ValueError(f"'{part}' in the field {name}: the step after '/' must be a number from 1.")
        if base in ("*", "") and (base or slash):
            first, last = low, high
        else:
            begin, dash, end = base.partition("-")
            first = _value(begin, high, low, words, name)
            last = _value(end, high, low, words, name) if dash else (high if slash else first)
        span = last - first if last >= first else last - first + high - low + 1
        values |= {(first - low + offset) % (high - low + 1) + low for offset in range(0, span + 1, int(step or 1))}
    return values


def _value(text: str, high: int, low: int, words: dict[str, int], name: str) -> int:
    if text in words:
        return words[text]
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ValueError(f"'{text}' in the field {name} is not a value from {low} to {high}.")
    return int(text)
