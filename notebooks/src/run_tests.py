"""pytest from a notebook: in a process of its own, as from a terminal."""

import re
import subprocess
import sys


def run_tests(path, *options):
    """Print what pytest says of the tests in a file or folder, without how long they took.

    Args:
        path: from the notebook's folder.
        options: pytest's: "-v".
    """
    command = [sys.executable, "-m", "pytest", "--color=no", *options, path]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    print(re.sub(r"collecting \.\.\. | in \d+\.\d+s.*", "", printed).strip())
