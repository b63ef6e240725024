"""What Tossup remembers: the mirror of CRM rows and the ledger of writes."""
