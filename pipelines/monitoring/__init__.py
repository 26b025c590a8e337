"""What the model said, how well, and what that took: logged, measured, told."""
