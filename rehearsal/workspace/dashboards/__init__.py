"""AI/BI dashboards (Lakeview): a draft that people edit, and the revision of it that is published."""
