"""`FeatureLookup`: which features to take from which table, by which key, as of when."""

from __future__ import annotations

import datetime


class FeatureLookup:
    """Parameters are those of the real class; default values are not emulated and say so."""

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
    ) -> None:
        if default_values:
            raise NotImplementedError("FeatureLookup(default_values=...) is not emulated")
        if lookback_window is not None and timestamp_lookup_key is None:
            raise ValueError(
                f"Unexpected lookback_window value: {lookback_window}, lookback windows can only be applied on time "
                "series feature tables. Use timestamp_lookup_key to perform point-in-time lookups with lookback window."
            )
        self.table_name = table_name
        self.lookup_key = [lookup_key] if isinstance(lookup_key, str) else list(lookup_key)
        self.feature_names = [feature_names] if isinstance(feature_names, str) else list(feature_names or [])
        self.rename_outputs = dict(rename_outputs or {})
        self.timestamp_lookup_key = timestamp_lookup_key
        self.lookback_window = lookback_window
