"""Chat providers by configuration: messages in, one answer out, and a manager that holds them by name."""
