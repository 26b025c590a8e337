"""The outside world: who acts on the platform, what happens to it, and the report of how it went."""
