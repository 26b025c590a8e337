"""Delivery rehearsed: a Git remote, GitHub's API, and the workflows' jobs, all on this machine."""
