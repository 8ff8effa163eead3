"""An IPython session whose outputs are kept as notebook outputs, in the order in which they came."""

from __future__ import annotations

import contextlib
import io

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets import Type


class _Results(DisplayHook):
    """The value of a cell's last line, as an `execute_result`."""

    def __call__(self, result=None):
        if result is not None and not self.quiet():
            data, metadata = self.compute_format_data(result)
            self.update_user_ns(result)
            bundle = {"data": json_clean(encode_images(data)), "metadata": metadata or {}}
            count = self.shell.count
            self.shell.outputs.append(new_output("execute_result", execution_count=count, **bundle))


class _Displays(DisplayPublisher):
    """What a cell displays, as `display_data`."""

    def publish(self, data, metadata=None, **kwargs):
        bundle = {"data": json_clean(encode_images(data)), "metadata": metadata or {}}
        self.shell.outputs.append(new_output("display_data", **bundle))


class _Stream(io.TextIOBase):
    """What a cell prints: neighbouring pieces of one stream are one output, as in a notebook."""

    def __init__(self, name: str, outputs: list[NotebookNode]) -> None:
        self.name, self.outputs = name, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last.get("name") == self.name:
            last.text += text
        elif text:
            self.outputs.append(new_output("stream", name=self.name, text=text))
        return len(text)


class Session(InteractiveShell):
    """Runs one cell after the other in one namespace; `answer` returns what a cell gave."""

    displayhook_class = Type(_Results)
    display_pub_class = Type(_Displays)

    def answer(self, source: str) -> tuple[int, list[NotebookNode]]:
        """Run a cell and return its execution count and its outputs, an error last."""
        self.outputs: list[NotebookNode] = []
        self.count = self.execution_count
        with (
            contextlib.redirect_stdout(_Stream("stdout", self.outputs)),
            contextlib.redirect_stderr(_Stream("stderr", self.outputs)),
        ):
            self.run_cell(source, store_history=True)
        return self.count, self.outputs

    def _showtraceback(self, etype, evalue, stb):
        name = getattr(etype, "__name__", str(etype))
        self.outputs.append(new_output("error", ename=name, evalue=str(evalue), traceback=list(stb)))
