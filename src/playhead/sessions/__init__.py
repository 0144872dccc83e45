"""One cassette, one mode, and what was decided: sessions, and the provider seam through them."""
