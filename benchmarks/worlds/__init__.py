"""Puts public data sets into a running emulator, through the same API that a customer's own tools would use."""
