"""What is measured, each against a naive baseline written here, as ratios within one run."""
