"""The stand-in Databricks Runtime: its folder is put on the path of each task's process; nothing else imports it."""
