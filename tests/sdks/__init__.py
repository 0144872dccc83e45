"""The vendors' own SDKs, recorded and replayed through unchanged code."""
