"""ExecutionKit's way of asking: ``async complete(messages, *, ...)`` gives an ``LLMResponse``."""
