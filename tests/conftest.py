"""For every test: fewer garbage collections, which the building of thousands of expressions does not need."""

import gc

gc.set_threshold(200_000, 20, 20)
