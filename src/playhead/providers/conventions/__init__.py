"""How families of providers are called, as a table: ``table.CONVENTIONS``."""
