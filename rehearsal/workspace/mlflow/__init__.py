"""MLflow as a workspace offers it: the real tracking server, run artifacts, and the Unity Catalog model registry.

The stock client finds it by `MLFLOW_TRACKING_URI=databricks` and `MLFLOW_REGISTRY_URI=databricks-uc`.
"""
