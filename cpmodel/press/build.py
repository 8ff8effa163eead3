"""One notebook to its formats: parameters checked, run through papermill, rendered, published all at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError
from pydantic import ValidationError
from traitlets import default

from cpmodel.content import MIME, BriefContent
from cpmodel.errors import BadInput, Problem, Problems, RunFailed, nearest
from cpmodel.press import docx, html, pdf, plain_json, provenance, seals, stamps, xlsx
from cpmodel.press.fingerprints import of_brief, of_code, of_file, of_printing
from cpmodel.press.notebook import OWN, fits, folder_kind, parameters_of
from cpmodel.press.stamps import Made
from cpmodel.press.store import MANIFEST, json_bytes, read_json

RENDERERS: Mapping[str, Callable[[BriefContent], bytes]] = {
    "html": html.render,
    "pdf": pdf.render,
    "docx": docx.render,
    "xlsx": xlsx.render,
    "json": plain_json.render,
}
Progress = Callable[[str, float], None]


class LocalKernelManager(AsyncKernelManager):
    """A kernel that is spoken to through files of this machine, never through a network port."""

    @default("transport")
    def _local(self) -> str:
        return "ipc"


def build(
    notebook: Path,
    parameters: dict[str, Any],
    out: Path,
    formats: Iterable[str] = ("html", "pdf"),
    progress: Progress | None = None,
    brief: str = "",
    key_file: Path | None = None,
) -> list[Path]:
    """Print one brief and return the paths written: `brief_<language>.<format>`, notebook and manifest.

    notebook    a notebook with a cell tagged `parameters`
    out         the folder of this brief; nothing in it changes unless everything succeeds
    progress    called with what is being done and the share done (0–1)
    brief       what its manifest calls it (`province/31`); the kind of brief when left out
    key_file    the key to sign it with
    Raises `BadInput` for unknown parameters, wrong types and formats, before anything runs; `RunFailed` when
    the notebook fails (it is then kept under `reports/failed/`) or a printed number matches no cell.
    """
    notebook, out, formats = Path(notebook), Path(out), tuple(formats)
    say = progress or (lambda what, done: None)
    checked = check(notebook, parameters, formats)
    say("notebook", 0.05)
    executed = quiet(execute(notebook, checked, failed_folder(out)))
    content = content_of(executed, notebook)
    refuse_loose_numbers(content)
    own = {name: value for name, value in checked.items() if name not in OWN}
    parts = of_brief(of_file(notebook), own, formats, of_code(), of_printing())
    how = Made(brief or content.brief, notebook, own, folder_kind(checked), parts, key_file)
    rendering = lambda name: say(name, 0.6 + 0.35 * formats.index(name) / len(formats))  # noqa: E731
    made, manifest = sealed(content, executed, formats, f"brief_{content.language}", how, rendering)
    written = publish(out, made | {MANIFEST: with_other_languages(out, manifest)})
    say("done", 1.0)
    return written


def check(notebook: Path, parameters: Mapping[str, Any], formats: Iterable[str]) -> dict[str, Any]:
    """Return the parameters, or raise `BadInput` with all that is wrong with them; nothing is run."""
    problems = Problems()
    if not notebook.is_file():
        fix = "Name a notebook of the `notebooks` folder."
        problems.add(notebook, "file", "no such file", "A brief is printed from a notebook.", fix)
        problems.raise_if_any()
    for name in formats:
        if name not in RENDERERS:
            near = nearest(name, RENDERERS)
            fix = f"Did you mean `{near}`?" if near else f"Use one of {', '.join(RENDERERS)}."
            problems.add(notebook, "formats", name, "There is no such format.", fix)
    known = parameters_of(notebook)
    for name, value in parameters.items():
        _check_one(problems, notebook, known, name, value)
    problems.raise_if_any()
    return dict(parameters)


def _check_one(problems: Problems, notebook: Path, known: Mapping[str, str], name: str, value: Any) -> None:
    if name not in known:
        near = nearest(name, known)
        fix = f"Did you mean `{near}`?" if near else f"The notebook takes {', '.join(known) or 'none'}."
        problems.add(
            notebook, f"parameters.{name}", value, "The notebook has no parameter of that name.", fix
        )
        return
    wanted = known[name]
    if not fits(value, wanted):
        why, fix = f"The notebook takes {wanted} here.", f"Give a value of type {wanted}."
        problems.add(notebook, f"parameters.{name}", f"{value!r} ({type(value).__name__})", why, fix)


class NotebookFailed(RunFailed):
    """A cell of a notebook failed; `kept` is the notebook as far as it came."""

    def __init__(self, text: str, kept: Path) -> None:
        super().__init__(text)
        self.kept = kept


def execute(
    notebook: Path, parameters: Mapping[str, Any], failed: Path, name: str = "", **engine: Any
) -> nbformat.NotebookNode:
    """Run a notebook and return it executed; a failed one is kept in the folder `failed` and raises `NotebookFailed`.

    name      what the failed notebook is called; the notebook's own name when left out
    engine    what papermill is told of the engine; by default a fresh kernel runs the notebook
    """
    engine = engine or {"kernel_manager_class": LocalKernelManager}
    with tempfile.TemporaryDirectory(prefix="cpmodel_press_") as stage:
        result = Path(stage) / f"{name or notebook.stem}.ipynb"
        try:
            papermill.execute_notebook(
                str(notebook),
                str(result),
                parameters=dict(parameters),
                cwd=os.getcwd(),
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                **engine,
            )
        except PapermillExecutionError as error:
            kept = keep(result, failed)
            why = f"{error.ename}: {error.evalue}".strip()
            raise NotebookFailed(f"{notebook.name} failed and is kept as {kept}.\n{why}", kept) from None
        return nbformat.read(result, as_version=4)


def keep(result: Path, failed: Path) -> Path:
    """Keep a failed notebook in the folder of failed ones, named by its content, and return its path."""
    data = result.read_bytes()
    timeless = nbformat.writes(quiet(nbformat.reads(data.decode("utf-8"), as_version=4)))
    kept = failed / f"{result.stem}_{provenance.sha256(timeless.encode())[:8]}.ipynb"
    failed.mkdir(parents=True, exist_ok=True)
    replace(kept, data)
    return kept


def quiet(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Blank warnings and drop times, so that the same run gives the same notebook."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return notebook


def content_of(executed: nbformat.NotebookNode, notebook: Path) -> BriefContent:
    """Return the content that the notebook's last finished page left in its outputs."""
    found = [
        output["data"][MIME]
        for cell in executed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if MIME in output.get("data", {})
    ]
    if not found:
        why, fix = "No cell shows a finished page.", "End the notebook with `page.finish()`."
        raise BadInput(Problem(str(notebook), "page.finish()", "", why, fix))
    try:
        return BriefContent.model_validate(found[-1])
    except ValidationError as error:
        raise RunFailed(f"{notebook.name} left content that cannot be printed: {error}") from None


def refuse_loose_numbers(content: BriefContent) -> None:
    """Refuse a brief whose running text holds a number that comes from no cell."""
    loose = list(provenance.loose_numbers(content))
    loose += [f"“{n.text}”" for n in provenance.unsourced(content)]
    if loose:
        raise RunFailed("Numbers in the text that come from no result: " + "; ".join(loose))


def sealed(
    content: BriefContent, executed: nbformat.NotebookNode, formats: Iterable[str], stem: str, how: Made,
    say: Callable[[str], None] = lambda format: None,
) -> tuple[dict[str, bytes], dict[str, Any]]:  # fmt: skip
    """Return every format with the manifest inside and the executed notebook, by file name, and the manifest beside them.

    stem    what the files are called   say    told of every format before it is rendered
    """
    made: dict[str, bytes] = {}
    about = stamps.stamp(how, content)
    for format in formats:
        say(format)
        body = seals.plain(format, RENDERERS[format](content))
        signed = stamps.signed(about | {"body": seals.told(format, body)}, how.key_file)
        made[f"{stem}.{format}"] = seals.seal(format, body, signed)
    made[f"{stem}.ipynb"] = (nbformat.writes(executed) + "\n").encode("utf-8")
    files = {name: provenance.sha256(data) for name, data in made.items()}
    return made, stamps.signed(about | {"files": files}, how.key_file)


def with_other_languages(out: Path, manifest: Mapping[str, Any]) -> bytes:
    """Return the manifest of the folder: one entry a language, those of other languages kept."""
    languages = read_json(out / MANIFEST).get("languages", {})
    languages[manifest["language"]] = manifest
    return json_bytes({"brief": manifest["brief"], "languages": dict(sorted(languages.items()))})


def publish(out: Path, made: Mapping[str, bytes]) -> list[Path]:
    """Write every file beside its place first, then move each into place; a reader never sees half a file."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        return [replace(out / name, data) for name, data in made.items()]
    except OSError as error:
        raise RunFailed(f"{out} cannot be written: {error.strerror or error}.") from None


def replace(path: Path, data: bytes) -> Path:
    """Write a file under a passing name and move it into place; return its path."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def failed_folder(out: Path) -> Path:
    """Return where failed notebooks are kept: `reports/failed`, or beside `out` when it lies elsewhere."""
    reports = next((p for p in (out, *out.absolute().parents) if p.name == "reports"), out.parent)
    return reports / "failed"
