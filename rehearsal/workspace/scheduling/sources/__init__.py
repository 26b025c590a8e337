"""What happens by time, a module for each kind."""
