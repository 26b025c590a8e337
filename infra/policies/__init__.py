"""What checkov holds the synthesized stacks to."""
