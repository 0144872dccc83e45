"""Cassettes on disk: opening, journals, sealing. The old file or the new one is always there, never half of one."""
