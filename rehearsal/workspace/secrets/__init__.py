"""Secrets: scopes of a workspace, the secrets in them, and who may read or change them."""
