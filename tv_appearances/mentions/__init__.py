"""Who is meant: from the names of a cast list and the summaries of episodes to mentions."""
