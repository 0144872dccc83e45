"""Servers on the loopback interface that speak what vendors have published, as far as their SDKs read it."""
