"""Azure Resource Manager, on the account's port: a durable store of resources by id, as far as the stacks need it.

`resources.py` is what all types share; `types.py` lists them; the modules named there hold what is special about each.
"""
