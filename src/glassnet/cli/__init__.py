"""The command line: thin, no arithmetic."""

import sys


def main() -> None:
    """Run `glassnet`: exit 0 when all went well, 2 with one line on stderr when not."""
    try:
        from glassnet.cli.app import run
    except ImportError as error:
        package = (error.name or "a package").partition(".")[0]
        print(
            f'glassnet: the command line needs {package}: pip install "glassnet[standard]"',
            file=sys.stderr,
        )
        sys.exit(2)
    sys.exit(run())
