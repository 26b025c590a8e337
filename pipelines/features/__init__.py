"""Bronze tables become feature tables."""
