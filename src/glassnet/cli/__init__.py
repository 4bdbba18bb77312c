"""The command line: thin, no arithmetic."""

import sys


def main() -> None:
    """Run `glassnet`: exit 0 on success, 2 with one line on stderr on an error."""
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
