"""A Challenger becomes Champion and is served, when it is the better one."""
