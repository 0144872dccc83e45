"""Playhead beside its peers: ``python -m benchmarks`` measures, prints and writes the figures the docs show."""
