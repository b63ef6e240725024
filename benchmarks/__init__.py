"""Measurements and the data sets they run on; not part of the distribution."""
