"""The Salesforce half of the emulator."""
