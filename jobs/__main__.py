"""`python -m jobs` is `tossup`."""

from jobs.start import main

main()
