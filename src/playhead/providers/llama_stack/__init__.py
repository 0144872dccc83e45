"""Llama Stack's vocabulary: the mixin of OpenAI-compatible providers, their specifications, run configurations."""
