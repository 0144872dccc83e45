"""A suite over real recordings, as its authors would have written it for pytest-recording."""
