"""Talks to the CRMs: the only package that sends a request."""
