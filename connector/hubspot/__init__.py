"""The HubSpot side of the Crm port."""
