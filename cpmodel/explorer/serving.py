"""How the explorer is served: JupyterLab on the project, or the page alone through Voilà; both behind a token, on this
machine only, with nothing loaded from elsewhere.

JupyterLab is a workbench: whoever holds its token runs code as you. The Voilà page runs the explorer's notebook and no
code of the visitor; it serves no file of the project but that notebook's page.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cpmodel.errors import BadInput, Problem, RunFailed
from cpmodel.explorer.state import State

OPENS_WITH = (
    "EXPLORER_LINK"  # what a kernel of our server opens with, as JupyterLab keeps no `#` of its address
)
DRAWS_FROM = "EXPLORER_CALIBRATION"  # folder of the calibration that it draws from, or latest
NOTEBOOK = "notebooks/explorer.ipynb"
LOOPBACK = "127.0.0.1"
# Where Voilà finds our template; JupyterLab what runs and saves the notebook, that it asks for no news, and that messages of
# the page go to the kernel itself: those sent to a subshell of a page that is closed are lost, and the page would wait.
SHARE = Path(__file__).with_name("share")
IDLE = 3600  # seconds after which a page that nobody looks at gives its memory back


@dataclass(frozen=True)
class Server:
    """How to start a server and where its page is then. environment    beside that of this process"""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    address: str


def lab(root: Path, state: State, port: int, token: str = "", calibration: str = "") -> Server:
    """Return how JupyterLab is started on the project, the explorer's notebook open."""
    token = token or secrets.token_hex(24)
    settings = {
        "ServerApp.ip": LOOPBACK, "ServerApp.port": str(port), "ServerApp.root_dir": str(root),
        "ServerApp.open_browser": "False", "ServerApp.allow_remote_access": "False",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "LabApp.news_url": "None",
    }  # fmt: skip
    arguments = [
        sys.executable,
        "-m",
        "jupyterlab",
        *(f"--{key}={value}" for key, value in settings.items()),
        *_as_root(),
    ]
    address = f"http://{LOOPBACK}:{port}/lab/tree/{NOTEBOOK}?token={token}#{state.link()}"
    return Server(tuple(arguments), _ours(token, state, calibration), address)


def page(root: Path, state: State, port: int, token: str = "", calibration: str = "") -> Server:
    """Return how the page alone is served, through Voilà."""
    token = token or secrets.token_hex(24)
    settings = {
        "Voila.ip": LOOPBACK, "Voila.root_dir": str(root / "notebooks"), "Voila.open_browser": "False",
        "VoilaConfiguration.template": "explorer", "VoilaConfiguration.strip_sources": "True",
        "VoilaConfiguration.show_tracebacks": "False", "VoilaConfiguration.file_allowlist": "$^",  # no file at all
        "MappingKernelManager.cull_idle_timeout": str(IDLE), "MappingKernelManager.cull_interval": "60",
    }  # fmt: skip
    arguments = [sys.executable, "-m", "voila", str(root / NOTEBOOK), f"--port={port}", "--Voila.auto_token=True",
                 *(f"--{key}={value}" for key, value in settings.items())]  # fmt: skip
    return Server(
        tuple(arguments),
        _ours(token, state, calibration),
        f"http://{LOOPBACK}:{port}/?token={token}#{state.link()}",
    )


def keep_clean(model: dict, path: str, contents_manager: object, **_: object) -> None:
    """Save the explorer's notebook without its page: looking at scenarios leaves no change in the project.

    A hook of Jupyter's, called before any file is written. What was typed is saved; every other file is saved as it is.
    """
    if path.strip("/") != NOTEBOOK or model.get("type") != "notebook":
        return
    written = json.loads((Path(contents_manager.root_dir) / NOTEBOOK).read_text("utf-8"))
    model["content"]["metadata"] = written["metadata"]
    for cell in model["content"]["cells"]:
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key == "tags"}
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None


def _ours(token: str, state: State, calibration: str) -> dict[str, str]:
    """Return what a server finds in its environment: our files before those of the user, and what to open with."""
    found = {"JUPYTER_TOKEN": token, OPENS_WITH: state.link(), DRAWS_FROM: calibration}
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        found[name] = os.pathsep.join([str(SHARE), *filter(None, [os.environ.get(name)])])
    return found


def _as_root() -> list[str]:
    """Jupyter refuses to serve for root unless it is told; in a container there is often nobody else."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def project_notebook(root: Path) -> Path:
    """Return the explorer's notebook of a project; raise `BadInput` where there is none."""
    found = root / NOTEBOOK
    if not found.is_file():
        why = "The explorer is opened through this notebook."
        raise BadInput(
            Problem(str(found), "notebook", "no such file", why, "Work in a clone of the project.")
        )
    return found


def free_port(first: int, tries: int = 50) -> int:
    """Return the first port from `first` on that nobody listens on; raise `BadInput` when all are taken."""
    for port in range(first, min(first + tries, 65_536)):
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    why = f"Ports {first} to {first + tries - 1} are all in use on this machine."
    raise BadInput(Problem("command line", "--port", first, why, "Name another port."))


def wait_until_up(server: Server, process: subprocess.Popen, seconds: float = 60.0) -> None:
    """Wait until a server answers; raise `RunFailed` when it ends before, or takes too long."""
    host = urlsplit(server.address)
    began = time.monotonic()
    while time.monotonic() - began < seconds and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex((host.hostname, host.port)) == 0:
                return
        time.sleep(0.2)
    raise RunFailed("The explorer's server did not start; what it said stands above.")


def stop(process: subprocess.Popen) -> None:
    """End a server and the kernels that it started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
