"""Values of statements' results: from the text that JSON_ARRAY has to what programs of this workspace compute with."""

from __future__ import annotations

Value = float | int | str | bool | None
_WHOLE = ("INT", "LONG", "BYTE", "SHORT")
_NUMBERS = (*_WHOLE, "FLOAT", "DOUBLE", "DECIMAL")


def typed(text: str | None, type_name: str) -> Value:
    """A value by the manifest's type: numbers and booleans as such, all else as its text, null as None."""
    if text is None:
        return None
    if type_name in _WHOLE:
        return int(text)
    if type_name in _NUMBERS:
        return float(text)
    return text == "true" if type_name == "BOOLEAN" else text
