"""The edition that readers see: a folder of links to objects, changed by one rename; and what is kept of the past.

    current -> editions/0007             what is read; replaced in one step, so nobody meets half an edition
    editions/0007/province/31/vi -> …    a link to the object
    editions/0007/index.html             the page that lists everything

Editions are numbered, not dated: a clock that was set back must not put an old edition above a newer one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

from cpmodel.errors import RunFailed
from cpmodel.press.fingerprints import digest
from cpmodel.press.store import Store, json_bytes, read_json, staged, write_synced

LIST = "edition.json"


def current(store: Store) -> dict[str, Any]:
    """Return the list of the edition that is read now; empty before the first."""
    return read_json(store.current / LIST)


def publish(
    store: Store, objects: Mapping[str, str], pages: Mapping[str, bytes], about: Mapping[str, Any]
) -> str:
    """Publish an edition and return its number; an edition like the current one is not published again.

    objects    order → object   pages    files of the edition's own, such as the index
    """
    content = digest(dict(objects), {name: data.decode("utf-8") for name, data in pages.items()})
    now = current(store)
    if now.get("content") == content:
        return str(now["number"])
    number = f"{max(map(int, numbers(store)), default=0) + 1:04d}"
    with staged(store.editions, number) as stage:
        for order, name in objects.items():
            link = stage / order
            link.parent.mkdir(parents=True, exist_ok=True)
            up = "../" * (len(link.relative_to(stage).parts) + 1)
            os.symlink(f"{up}objects/{name}", link)
        for name, data in pages.items():
            write_synced(stage / name, data)
        told = {"number": number, "content": content, **about, "objects": dict(objects)}
        write_synced(stage / LIST, json_bytes(told))
        os.rename(stage, store.editions / number)
    _point(store, number)
    return number


def _point(store: Store, number: str) -> None:
    """Let `current` name an edition, in one step."""
    passing = store.folder / f".current.{os.getpid()}"
    try:
        passing.unlink(missing_ok=True)
        os.symlink(f"editions/{number}", passing)
        os.replace(passing, store.current)
    except OSError as error:
        raise RunFailed(f"{store.current} cannot be changed: {error.strerror or error}.") from None
    finally:
        passing.unlink(missing_ok=True)


def numbers(store: Store) -> list[str]:
    """Return the numbers of the editions there are, in order."""
    if not store.editions.is_dir():
        return []
    return sorted(path.name for path in store.editions.iterdir() if path.name.isdigit())


def clear_away(store: Store, editions: int, failed: int) -> list[str]:
    """Remove old editions, the objects that none of those left names, and old failed notebooks; return what went.

    The current edition stays, and so does every object that a trace names: it may be wanted again.
    """
    gone, known = [], numbers(store)
    now = str(current(store).get("number", ""))
    for number in known[:-editions] if len(known) > editions else []:
        if number != now:
            shutil.rmtree(store.editions / number)
            gone.append(f"edition {number}")
    named = {name for number in numbers(store) for name in _objects(store, number)}
    named |= {str(read_json(path).get("object")) for path in (store.folder / "traces").rglob("*.json")}
    for path in store.objects.iterdir() if store.objects.is_dir() else ():
        if path.name not in named and not path.name.startswith("."):
            shutil.rmtree(path)
            gone.append(f"object {path.name}")
    kept = (
        sorted(store.failed.glob("*.ipynb"), key=lambda path: path.stat().st_mtime_ns)
        if store.failed.is_dir()
        else []
    )
    for path in kept[: max(0, len(kept) - failed)]:
        path.unlink()
        gone.append(path.name)
    return gone


def _objects(store: Store, number: str) -> list[str]:
    return list(read_json(store.editions / number / LIST).get("objects", {}).values())
