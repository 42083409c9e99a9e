"""Process entry point. Imports `sys`, `os` and `gc` before its `try` and nothing else: every fault has an exit code."""

import sys


def main() -> None:
    """Run the command line and end the process with one of the documented exit codes (DESIGN: 0 1 2 3 4 70 130)."""
    _search_seldom()
    _no_strangers()
    try:
        from govern.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except BaseException as fault:
        if isinstance(fault, SystemExit):
            raise
        sys.stderr.write(f"govern: internal error X101: {type(fault).__name__} while starting\n")
        code = 70
    _spare_the_last_search()
    sys.exit(code)


def _no_strangers() -> None:
    """Let pydantic look for no plug-ins: what validates policies is no place for other people's code, and the search
    through every installed distribution takes longer than most of our own modules.
    """
    import os

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _search_seldom() -> None:
    """Search for reference cycles every 10,000 allocations instead of every 700: a tenth of `govern policy lint`.

    A command builds trees that live until it ends, so that nearly every search is in vain.
    """
    import gc

    gc.set_threshold(10_000)


def _spare_the_last_search() -> None:
    """Skip the search for reference cycles on the way out, a tenth of `govern verify`: nobody will use the memory.

    Files are closed and `atexit` runs as ever.
    """
    import gc

    gc.freeze()


if __name__ == "__main__":
    main()
