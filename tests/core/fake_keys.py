"""
Credentials for the redaction tests, put together when the tests run.

No file of the repository may hold what looks like a key, tests included, so texts are written with names in
braces (``password={short}``), and ``fill`` puts the values in.
"""

from __future__ import annotations

PARTS = {
    "mixed": "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY",  # 32 letters and digits
    "capitals": "ABCDEFGHIJ234567",
    "digits": "123456789012",
    "hex": "0123456789abcdef0123456789abcdef",
    "short": "hunter2",
    "word": "swordfish",
    "eight": "abcd1234",
    "six": "abc123",
    "basic": "dXNlcjpwYXNz",  # user and pass
    "basic_long": "dXNlcm5hbWU6cGFzc3dvcmQ=",
    "jwt_head": "hbGciOiJIUzI1NiJ9",
    "jwt_body": "zdWIiOiIxMjM0In0",
    "quoted": 'a\\"babc123',  # with a quote as JSON has it
    "dashes": "-----",
    "lower": "abcdefghijklmnop",
}


def fill(text: str) -> str:
    """Put the parts in place of their names in braces; other braces stay."""
    for name, value in PARTS.items():
        text = text.replace("{" + name + "}", value)
    return text
