"""SQL warehouses and the statement execution API."""
