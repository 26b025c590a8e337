"""Data quality monitors: metrics of a table's columns over time, and of how their distributions drift."""
