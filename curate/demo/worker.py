"""One drawing process: `python -m curate.demo.worker FOLDER COUNT SEED SIDE FIRST STEP`, a line for each image done."""

import sys
from pathlib import Path

from curate.demo.generate import draw_share
from curate.errors import CurateError


def main(arguments: list[str]) -> int:
    folder, *numbers = arguments
    try:
        for index in draw_share(Path(folder), *(int(number) for number in numbers)):
            sys.stdout.write(f"{index}\n")
            sys.stdout.flush()
    except CurateError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
