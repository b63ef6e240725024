"""Decides which accounts to approach, with what, and why."""
