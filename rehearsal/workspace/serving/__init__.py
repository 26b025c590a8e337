"""Model Serving: endpoints whose served entities are real processes that load the model and answer requests."""
