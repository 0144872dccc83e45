"""``python -m playhead`` is the command line."""

from playhead.cli import main

if __name__ == "__main__":
    main(prog_name="playhead")
