"""`FeatureFunction`: a feature that a Python function of Unity Catalog computes when it is needed."""

from __future__ import annotations


class FeatureFunction:
    """Parameters are those of the real class."""

    def __init__(
        self, *, udf_name: str, input_bindings: dict[str, str] | None = None, output_name: str | None = None
    ) -> None:
        self.udf_name = udf_name.lower()
        self.input_bindings = dict(input_bindings or {})
        self.output_name = output_name or self.udf_name
