"""
Llama Stack's names: change ``llama_stack`` to ``playhead.compat.llama_stack`` in a provider's imports.

    class Together(OpenAIMixin):
        def get_base_url(self) -> str: ...
        def get_api_key(self) -> str: ...

    wrapped = session.wrap(Together(), name="together")
    answer = await wrapped.openai_chat_completion("llama-4", [{"role": "user", "content": "hello"}])
"""

from __future__ import annotations

from playhead.core.error_codecs import ErrorCodec, register_error_codec
from playhead.providers.llama_stack.mixin import OpenAIMixin

__all__ = [
    "ErrorCodec",
    "OpenAIMixin",
    "register_error_codec",
]
