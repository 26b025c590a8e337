"""The Files API over volumes and the files of model versions."""
