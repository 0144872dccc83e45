"""Seeded calls of the kinds that applications make, the same on every machine."""
