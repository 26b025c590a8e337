"""Access control lists of workspace objects: jobs, endpoints, experiments, warehouses, directories."""
