"""SQL warehouses, and statements that run on them."""
