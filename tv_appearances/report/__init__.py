"""The answer in words, numbers and pictures."""
