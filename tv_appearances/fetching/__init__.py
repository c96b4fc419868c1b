"""JSON from an API that cannot be trusted. Nothing here knows which API it is."""
