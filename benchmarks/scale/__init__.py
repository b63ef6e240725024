"""Leads at scale: plainly generated canonical tables of any size, and the facts over them written by hand in SQL."""
