"""What lies around and under a workspace on Azure: a file for each concern, which adds its resources to a stack."""
