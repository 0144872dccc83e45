"""The composition root: the only place that knows which classes work together."""
