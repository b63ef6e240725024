"""What runs and what we remember: verbs, store and command line."""
