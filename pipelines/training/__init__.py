"""Feature tables become a registered model version."""
