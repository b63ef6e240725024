"""Both CRMs over real HTTP on loopback; shares no code with the clients."""
