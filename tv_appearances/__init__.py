"""Who is this TV show about? A Dagster code location that counts it and keeps the answer current."""
