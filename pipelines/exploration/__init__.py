"""The first look at a model's data, and a baseline of it: what a data scientist starts from."""
