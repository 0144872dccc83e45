"""Amazon Bedrock's operations and its real recordings."""

from __future__ import annotations

from tests.dialects.exchanges import listen, there_and_back, vcr_exchanges

from playhead.dialects.bedrock import DIALECTS
from playhead.dialects.dialect import Asked


def test_one_dialect_claims_a_request() -> None:
    """Each operation has one dialect, and no other request has any."""
    for verb in ("converse", "converse-stream", "invoke", "invoke-with-response-stream"):
        assert sum(dialect.claims(Asked("POST", f"/model/m/{verb}", {})) for dialect in DIALECTS) == 1
    assert not any(dialect.claims(Asked("POST", "/model/m/count-tokens", {})) for dialect in DIALECTS)


def test_real_recordings() -> None:
    """Every real request is read and written again, and every real answer gives evidence."""
    seen: dict[str, int] = {}
    folders = ("test_bedrock", "test_embeddings", "test_multimodal_tool_returns")
    for name, request, status, value in vcr_exchanges(*folders):
        if "/model/" not in request.path:
            continue
        assert status == 200
        found = [dialect for dialect in DIALECTS if dialect.claims(request)]
        assert len(found) == 1, name
        dialect = found[0]
        there_and_back(dialect, request)
        streams = dialect.streams(request)
        whole = listen(dialect, value, range(0, len(value), 7)).completion if streams else None
        whole = whole or dialect.decode_response(value)
        if dialect.operation.startswith("converse"):
            assert whole.usage.prompt_tokens, name
            assert whole.usage.total_tokens, name
            assert whole.finish_reason, name
            assert whole.text or whole.tool_calls, name
        seen[dialect.operation] = seen.get(dialect.operation, 0) + 1
    assert seen == {"converse": 18, "converse-stream": 2, "invoke": 5}
