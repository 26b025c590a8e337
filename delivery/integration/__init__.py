"""All pipelines of a commit together in staging, as jobs that its deployment created."""
