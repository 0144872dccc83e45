"""Objects that answer: stubs, reference providers, the ways providers are called, secrets by reference."""
