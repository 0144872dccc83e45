"""The pytest plugin: hooks over sessions that know no pytest."""
