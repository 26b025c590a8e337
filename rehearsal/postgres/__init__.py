"""Real PostgreSQL servers on loopback: that of the online stores, and that of the outside world."""
