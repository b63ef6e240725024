"""Facts about accounts, one file a family."""
