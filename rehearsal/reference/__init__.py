"""The page "What is emulated": made of what the services say of themselves and of the routes that they really have."""
