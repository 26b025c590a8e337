"""A real Kafka broker of the outside world, in the place of Event Hubs and its Kafka endpoint."""
