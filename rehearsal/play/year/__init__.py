"""A year in production, replayed month by month on the workspace's own clock."""
