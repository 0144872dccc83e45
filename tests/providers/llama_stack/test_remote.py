"""Remote providers in the box: the mixin with an address and a key from a configuration."""

from __future__ import annotations

from playhead.providers.llama_stack.configs import OpenAIConfig
from playhead.providers.llama_stack.mixin import OpenAIMixin
from playhead.providers.llama_stack.remote import get_adapter_impl

KEY = "sk-stack-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"


async def test_address_and_key_are_the_configuration_s() -> None:
    """The provider asks where its configuration says, with its key, and shows none."""
    provider = await get_adapter_impl(OpenAIConfig(base_url="http://h/v1", api_key=KEY), {})
    assert isinstance(provider, OpenAIMixin)
    assert (provider.get_base_url(), provider.get_api_key()) == ("http://h/v1", KEY)
    assert KEY not in repr(provider)
    assert (await get_adapter_impl(OpenAIConfig(), {})).get_api_key() == ""
