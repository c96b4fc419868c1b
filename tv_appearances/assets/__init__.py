"""The five assets: `ingestion` fetches what TVMaze knows, `analysis` says what follows from it."""
