"""`python -m jobs` is `tossup`."""

from jobs.cli import main

main()
