"""Record and replay, decided: requests in, decisions out. No I/O, no clock, no files."""
