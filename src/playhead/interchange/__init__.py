"""Recordings of other tools, read into cassettes and written from them."""
