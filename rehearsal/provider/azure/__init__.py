"""A stand-in for the Terraform provider `hashicorp/azurerm`: its resource types, driven by Azure Resource Manager.

A type is a declaration (`resource.py`): its place among Azure's ids, and which attribute is which part of the document.
"""
