"""The HubSpot half of the emulator."""
