"""The wheel that the jobs run: one package per stage, each with a `run.py` that reads, calls pure functions, writes."""
