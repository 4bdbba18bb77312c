"""The command line: thin, no arithmetic."""

import sys

from glassnet.base.optional import install_line


def main() -> None:
    """Run `glassnet`: exit 0 on success, 2 with one line on stderr on an error."""
    try:
        from glassnet.cli.app import run

        code = run()
    except ImportError as error:
        package = (error.name or "a package").partition(".")[0]
        line = install_line("standard")
        print(f"glassnet: the command line needs {package}: {line}", file=sys.stderr)
        sys.exit(2)
    sys.exit(code)
