"""The composition root: the only place that knows which classes and seams work together."""
