"""The words both sides use, and what RevOps configure."""
