"""Audit: every answered REST request, and what the gateways ran, as rows of `system.access.audit`."""
