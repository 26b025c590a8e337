"""The workspace tree: folders that hold experiments and the like."""
