"""A page that holds passes, and one that does not is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.runner import Command, Fault, commands_in
from tests.docs.test_docs import run_page

GOOD = """\
<!-- file: words.py -->
```python
WORD = "hello"
```

```python
from words import WORD

print(WORD, "...")
```

<!-- output -->
```text
hello ...
```

```console
$ echo one; echo two >&2
one
two
$ exit 3
$ echo $?
3
$ echo a \\
> b
a b
```

```toml
a = 1
```

```json
{"a": 1}
```

```jsonl
{"a": 1}
{"a": 2}
```

```ini
[a]
b = 1
```

```yaml
a: [1]
```

```text
anything
```

<!-- not-run: there is no such program -->
```console
$ no-such-program
```
"""

BAD = {
    "a failing block": "```python\nassert 1 == 2\n```\n",
    "a failing line of a page": "```python\nx = 1\nraise RuntimeError(x)\n```\n",
    "other printed words": "```python\nprint('a')\n```\n\n<!-- output -->\n```text\nb\n```\n",
    "other words of a command": "```console\n$ echo a\nb\n```\n",
    "a failing command": "```console\n$ false\n```\n",
    "a failing command in the middle": "```console\n$ false\n$ echo a\na\n```\n",
    "a console without a command": "```console\necho a\n```\n",
    "no reason": "<!-- not-run: -->\n```python\nassert False\n```\n",
    "an unknown language": "```rust\nfn main() {}\n```\n",
    "no language": "```\nanything\n```\n",
    "bad toml": "```toml\na = \n```\n",
    "bad json": "```json\n{\n```\n",
    "bad json lines": '```jsonl\n{"a": 1}\n{\n```\n',
    "bad ini": "```ini\na\n```\n",
    "a file that is no Python": "<!-- file: a.py -->\n```python\n1 +\n```\n\n```console\n$ ls\na.py\n```\n",
    "a file nobody uses": "<!-- file: unused.py -->\n```python\nx = 1\n```\n",
    "a bad file of data": "<!-- file: a.json -->\n```json\n{\n```\n",
    "the network by address": "```python\nimport socket\nsocket.create_connection(('192.0.2.1', 80), 1)\n```\n",
    "the network by name": "```console\n$ python -c \"import socket; socket.getaddrinfo('example.org', 80)\"\n```\n",
    "a warning": "```python\nimport warnings\nwarnings.warn('careful')\n```\n",
}


def test_a_page_that_holds_passes(tmp_path: Path) -> None:
    """Files, code with its output, commands with theirs, data, and a block that says why it is not run."""
    page = tmp_path / "page.md"
    page.write_text(GOOD)
    done = run_page(page, tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_page_that_does_not_hold_is_found_out(tmp_path: Path, text: str) -> None:
    """Each fault fails the page, and the line of its block is named."""
    page = tmp_path / "page.md"
    page.write_text(text)
    done = run_page(page, tmp_path)
    assert done.returncode == 1
    assert f"{page}:" in done.stdout


def test_commands_are_read_as_a_console_shows_them() -> None:
    """A command goes on after ``> ``; what follows is its output."""
    assert list(commands_in("$ a \\\n> b\nc\n$ d\n")) == [Command("a \\\nb", "c"), Command("d", "")]


def test_output_needs_a_command() -> None:
    """A console block starts with a command."""
    with pytest.raises(Fault, match="before the first command"):
        list(commands_in("a\n"))
