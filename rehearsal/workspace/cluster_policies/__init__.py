"""Cluster policies: what compute that people make for themselves may be, and who may make it.

All compute of this workspace is serverless, so that no cluster is ever held against a policy; definitions, permissions
and names are checked as Databricks checks them.
"""
