"""
Vendor wire formats as pure functions: no I/O, no clock, no environment.

A dialect is one operation of one vendor, read and written both ways (``dialect``); a module named after the vendor's
endpoint makes it and exports it in ``DIALECTS``, and ``registry`` finds the one a request is written in. What fits none
is plain HTTP (``plain``). What a vendor's endpoints have in common stands in ``<vendor>_wire`` and its like, what all
vendors have in common in ``bodies``, ``answers``, ``paths``, ``queries``, ``errors`` and ``sse``. The modules of OpenAI
also serve a provider of our own: ``encode_*`` gives the JSON object of our request, ``decode_*`` reads the vendor's.

A fault in what the vendor sent is a ``ProviderError``, a fault in what the caller asked for a ``UsageError``.
A message may quote the vendor: who shows it to a user redacts it first.
"""
