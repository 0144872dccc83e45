"""A small agent on OpenAI's SDK: tools, a stream it reads itself, a structured answer, retries; and three bugs."""
