"""Programs that use Playhead as a reader would; their tests are in ``tests/sdks``."""
