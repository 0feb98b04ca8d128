"""Is the daemon in this container ready? Exit code 0 or 1, for Docker; the reason goes to its health log."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 3


def main() -> int:
    """Entry point."""
    url = f"http://127.0.0.1:{os.environ.get('NOTIFIER_PORT') or '8321'}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            print(answer.status)
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode(errors="replace"))
        return 1
    except OSError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
