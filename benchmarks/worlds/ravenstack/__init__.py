"""RavenStack: how to read it, and how each CRM takes it in."""
