"""
Vendor wire formats as pure functions: no I/O, no clock, no environment.

A dialect is a module named after its vendor's endpoint. It has ``encode_*`` (our request to the vendor's JSON
object), ``decode_*`` (the vendor's JSON object to our completion) and, where the endpoint streams, a
``*StreamDecoder`` fed with one decoded chunk at a time and a ``*StreamReader`` fed with bytes as they come.
What a vendor's endpoints have in common stands in ``<vendor>_wire``; ``sse`` is shared by all.

A fault in what the vendor sent is a ``ProviderError``, a fault in what the caller asked for a ``UsageError``.
A message may quote the vendor: who shows it to a user redacts it first.
"""
