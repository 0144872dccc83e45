"""The cassette file: bytes in, entries out, and back. The specification is docs/format.md. No I/O."""
