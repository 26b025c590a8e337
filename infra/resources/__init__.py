"""One file for each part of an environment; each holds functions that add resources to a stack."""
