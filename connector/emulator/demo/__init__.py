"""An example company with some 300 customers: its cast, its records, and how each CRM spells them."""
