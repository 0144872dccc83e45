"""The wire seam: HTTP clients caught below every SDK, recorded and replayed through the session they run in."""
