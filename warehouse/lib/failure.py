"""Why a command failed, in words and as an exit code."""

import sys


class Failure(Exception):
    """What a user must see; `code` is the exit code of the process, as those of `skirmish`."""

    USAGE = 2
    INPUT = 3
    REFUSED = 4
    IO = 5
    LAW = 7

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def run(main):
    """Runs a command and exits; a failure is one line on standard error, and so is what the system refuses."""
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(failure.code)
    except BrokenPipeError:
        # Whoever reads has seen enough.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"error: {error.strerror}: {error.filename}", file=sys.stderr)
        sys.exit(Failure.IO)
    except KeyboardInterrupt:
        print("interrupted; nothing was published", file=sys.stderr)
        sys.exit(130)
