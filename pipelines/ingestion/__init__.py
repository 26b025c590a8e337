"""Files that landed in a volume become bronze tables."""
