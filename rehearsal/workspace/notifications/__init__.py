"""Notification destinations, and the delivery of e-mails and webhooks to them."""
