"""The catalog `system`, which the platform itself fills: audit events and lineage."""
