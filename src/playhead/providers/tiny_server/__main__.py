"""
Run the tiny server in the foreground: ``python -m playhead.providers.tiny_server --model FILE``.

It runs until its standard input ends. With ``--build`` the model is written to FILE first.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playhead.errors import PlayheadError
from playhead.providers.tiny_server.model import write_model
from playhead.providers.tiny_server.serving import serve

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve as the arguments say, and return the exit status: 0, or 2 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m playhead.providers.tiny_server", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, metavar="FILE", help="the GGUF file to serve")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, picks one")
    parser.add_argument("--embeddings", action="store_true", help="serve embeddings, pooled by their mean")
    parser.add_argument("--build", action="store_true", help="write the tiny model to FILE first")
    parser.add_argument("--tool-calling", action="store_true", help="build one that calls tools by itself")
    options = parser.parse_args(arguments)
    try:
        if options.build:
            write_model(options.model, tool_calling=options.tool_calling)
        serve(options.model, port=options.port, embeddings=options.embeddings)
    except PlayheadError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
