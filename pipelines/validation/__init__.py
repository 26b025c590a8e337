"""A new model version is checked before it may challenge."""
