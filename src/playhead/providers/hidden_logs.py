"""
Keys kept out of an HTTP library's log.

httpx logs the address of every request, and some vendors take their key in it. A filter on that logger masks every
secret that was resolved or given so far, whoever's client sends the request.
"""

from __future__ import annotations

import logging

from playhead.core.redaction import redact_text
from playhead.providers.secrets import resolved_values


class SecretFilter(logging.Filter):
    """Masks known secrets in a record's text; a record without one passes as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without its secrets."""
        text = record.getMessage()
        masked = redact_text(text, values=resolved_values())
        if masked != text:
            record.msg, record.args = masked, ()
        return True


_FILTER = SecretFilter()


def hide_secrets_in_logs() -> None:
    """Put the filter on httpx's logger; it is there once, however often this is called."""
    logging.getLogger("httpx").addFilter(_FILTER)
