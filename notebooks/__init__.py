"""Scripts that data scientists run in dev, as they are; nothing of them is deployed."""
