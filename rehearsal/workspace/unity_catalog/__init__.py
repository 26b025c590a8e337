"""Unity Catalog: catalogs and what is in them, owners, grants, and the rules that decide who may do what."""
