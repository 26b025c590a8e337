"""`FeatureLookup`: which features to take from which table, by which key, as of when."""

from __future__ import annotations

import datetime


class FeatureLookup:
    """Parameters are those of the real class, the deprecated ones less."""

    def __init__(
        self,
        table_name: str,
        lookup_key: str | list[str],
        *,
        feature_names: str | list[str] | None = None,
        rename_outputs: dict[str, str] | None = None,
        timestamp_lookup_key: str | None = None,
        lookback_window: datetime.timedelta | None = None,
        default_values: dict[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        if kwargs:
            raise TypeError(f"FeatureLookup got unexpected keyword argument(s): {list(kwargs)}")
        if lookback_window is not None and timestamp_lookup_key is None:
            raise ValueError(
                f"Unexpected lookback_window value: {lookback_window}, lookback windows can only be applied on time "
                "series feature tables. Use timestamp_lookup_key to perform point-in-time lookups with lookback window."
            )
        if lookback_window is not None and lookback_window < datetime.timedelta(0):
            raise ValueError(f"Unexpected value for lookback_window: {lookback_window}, it must not be negative.")
        self.table_name = table_name
        self.lookup_key = [lookup_key] if isinstance(lookup_key, str) else list(lookup_key)
        self.feature_names = [feature_names] if isinstance(feature_names, str) else list(feature_names or [])
        self.rename_outputs = dict(rename_outputs or {})
        self.timestamp_lookup_key = timestamp_lookup_key
        self.lookback_window = lookback_window
        self.default_values = dict(default_values or {})
        self._check_defaults()

    def _check_defaults(self) -> None:
        """Defaults are named as the features are named in the end."""
        outputs = [self.rename_outputs.get(name, name) for name in self.feature_names]
        for name, value in self.default_values.items():
            if name in self.rename_outputs:
                raise ValueError(
                    f"Feature {name} is being renamed to {self.rename_outputs[name]}, please use the renamed feature "
                    "name to set default value."
                )
            if outputs and name not in outputs:
                raise ValueError(f"Feature {name} is not specified by the feature_names, must be one of {outputs}")
            if not isinstance(value, (bool, int, float, str)):
                raise ValueError(f"Unsupported type for default value of {name}: {type(value)}")
