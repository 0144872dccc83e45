"""The marks, fixtures and options of pytest-recording, for suites that move over: ``@pytest.mark.vcr`` and the rest."""
