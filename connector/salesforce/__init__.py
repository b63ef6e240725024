"""The Salesforce side of the Crm port."""
