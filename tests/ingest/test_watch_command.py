"""`python -m curate import FOLDER --watch`, as a process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.builders import save_picture


def test_the_command_goes_on_importing_what_changes_until_it_is_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    save_picture(folder / "first.png", 1)
    command = [sys.executable, "-m", "curate", "import", str(folder), "--watch", "--json"]
    process = subprocess.Popen(
        [*command, "--workspace", str(tmp_path / "workspace")],
        env={**os.environ, "CURATE_ENCODER": "descriptor", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_listen_to_ctrl_c,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert json.loads(process.stdout.readline())["added"] == 1
            assert f"Watching {folder}" in process.stderr.readline()
            save_picture(folder / "new" / "second.png", 2)
            assert json.loads(process.stdout.readline())["added"] == 1
            (folder / "first.png").rename(folder / "renamed.png")
            assert json.loads(process.stdout.readline())["moved"] == 1
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def _listen_to_ctrl_c() -> None:
    """Take SIGINT again where the tests run in the background of a shell, which has its children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
