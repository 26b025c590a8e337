"""The Champion scores the latest data."""
