"""The newest predictions leave their table: as files, into a table of PostgreSQL, into the online store."""
