"""What TVMaze answers and how it is asked."""
