"""`./understudy new-model`: from a CSV file and some answers to a model that can be rehearsed."""
