"""The Champion scores the latest data in batches, and what arrives as it comes."""
