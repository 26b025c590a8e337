"""One durable scheduler for what happens by time: jobs, monitors and SQL alerts, by Quartz cron or by interval."""
