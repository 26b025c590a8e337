"""Holds the loader module that models with a feature spec name in their MLmodel file."""
