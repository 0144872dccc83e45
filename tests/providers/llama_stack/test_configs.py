"""Configurations of the providers in the box: addresses, keys that are not shown, samples without values."""

from __future__ import annotations

import pytest

from playhead.errors import UsageError
from playhead.providers import secrets
from playhead.providers.llama_stack.configs import OllamaConfig, OpenAIConfig, StubConfig

KEY = "sk-stack-Zq81kXw40vTb77rLmN3cPd92HsYaEf65"


def test_an_address_of_its_own() -> None:
    """Without an address the service's own is meant."""
    assert OpenAIConfig().base_url == "https://api.openai.com/v1"
    assert OllamaConfig(base_url="http://other:1/v1").base_url == "http://other:1/v1"


def test_a_key_is_kept_and_not_shown() -> None:
    """The key is there for the provider, known to redaction, and in no text of the configuration."""
    config = OpenAIConfig(api_key=KEY)
    assert config.api_key is not None
    assert config.api_key.reveal() == KEY
    assert KEY in secrets.resolved_values()
    assert KEY not in repr(config) + repr(vars(config))
    assert repr(OpenAIConfig()) == "OpenAIConfig(base_url='https://api.openai.com/v1', api_key=None)"
    assert OpenAIConfig(api_key="").api_key is None


def test_an_address_that_is_none_is_refused() -> None:
    """A wrong address is refused when the configuration is read, not at the first call."""
    with pytest.raises(UsageError, match="not an http or https address"):
        OpenAIConfig(base_url="ftp://somewhere")


def test_samples_hold_references() -> None:
    """A sample names variables, and no key."""
    assert OpenAIConfig.sample_run_config() == {
        "base_url": "${env.OPENAI_BASE_URL:=https://api.openai.com/v1}",
        "api_key": "${env.OPENAI_API_KEY:=}",
    }
    assert StubConfig.sample_run_config() == {"text": "${env.STUB_TEXT:=}"}
    assert repr(StubConfig(text="a")) == "StubConfig(text='a')"
