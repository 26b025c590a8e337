"""How long things take, measured: `make bench` runs all benches, prints a table and keeps the numbers."""
