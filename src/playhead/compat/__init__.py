"""The names of the systems Playhead serves: a module each, so that their code runs with its import lines changed."""
