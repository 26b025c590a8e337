"""Spark for the workspaces: one warm server, and a gateway per workspace that enforces Unity Catalog on every plan."""
