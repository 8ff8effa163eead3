"""When a batch starts: as lines for cron or units for systemd, shown before they are installed."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cpmodel.errors import RunFailed
from cpmodel.press.batch import Schedule
from cpmodel.press.phrases import said, told

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def next_start(schedule: Schedule, now: dt.datetime) -> dt.datetime:
    """Return when a batch starts next, in local time."""
    hour, minute = map(int, schedule.at.split(":"))
    at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    while at <= now or not _falls_on(schedule, at):
        at += dt.timedelta(days=1)
    return at


def _falls_on(schedule: Schedule, day: dt.datetime) -> bool:
    if schedule.every in ("month", "year"):
        return day.day == schedule.day and (schedule.every == "month" or day.month == schedule.month)
    return schedule.every == "day" or day.isoweekday() == min(schedule.day, 7)


def command(name: str, language: str) -> list[str]:
    """Return the command that a schedule starts: this Python, and the batch by name; it tells in one language."""
    return [sys.executable, "-m", "cpmodel", "batch", "run", name, "--language", language]


def cron_lines(name: str, schedule: Schedule, root: Path, language: str = "en") -> list[str]:
    """Return the lines of a crontab, between two marks that name the batch."""
    hour, minute = map(int, schedule.at.split(":"))
    day = str(schedule.day) if schedule.every in ("month", "year") else "*"
    month = str(schedule.month) if schedule.every == "year" else "*"
    weekday = str(min(schedule.day, 7) % 7) if schedule.every == "week" else "*"
    log = root / "reports" / "published" / f"{name}.log"
    # A crontab reads `%` as the end of the line.
    line = f"cd {shlex.quote(str(root))} && {shlex.join(command(name, language))} >> {shlex.quote(str(log))} 2>&1"
    return [
        _mark(name, "begins"),
        f"{minute} {hour} {day} {month} {weekday} " + line.replace("%", r"\%"),
        _mark(name, "ends"),
    ]


def _mark(name: str, what: str) -> str:
    return f"# cpmodel batch {name} {what}"


def units(name: str, schedule: Schedule, root: Path, language: str = "en") -> Mapping[str, str]:
    """Return the systemd units by file name: a service that runs the batch once, and its timer."""
    if schedule.every in ("month", "year"):
        month = f"{schedule.month:02d}" if schedule.every == "year" else "*"
        when = f"*-{month}-{schedule.day:02d} {schedule.at}:00"
    elif schedule.every == "week":
        when = f"{WEEKDAYS[min(schedule.day, 7) - 1]} *-*-* {schedule.at}:00"
    else:
        when = f"*-*-* {schedule.at}:00"
    run = " ".join(f'"{part}"'.replace("%", "%%") for part in command(name, language))
    service = f"""[Unit]
Description=cpmodel: print the batch {name}

[Service]
Type=oneshot
WorkingDirectory={str(root).replace("%", "%%")}
ExecStart={run}
Nice=10
"""
    timer = f"""[Unit]
Description=cpmodel: when the batch {name} is printed

[Timer]
OnCalendar={when}
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {f"cpmodel-{name}.service": service, f"cpmodel-{name}.timer": timer}


def unit_folder() -> Path:
    """Return where systemd looks for the units of this user."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "systemd" / "user"


def install_cron(name: str, lines: list[str]) -> str:
    """Put the lines into this user's crontab, in place of an earlier installation; return what was done."""
    kept = _without(name, _crontab())
    _run(["crontab", "-"], "\n".join([*kept, *lines]) + "\n")
    return f"Installed in the crontab; {len(kept)} other lines are as they were."


def install_units(name: str, files: Mapping[str, str]) -> str:
    """Write the units of this user and start the timer; return what was done."""
    folder = unit_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            stage = folder / f".{file}.part"
            stage.write_text(text, "utf-8")
            stage.replace(folder / file)
    except OSError as error:
        raise RunFailed(f"{folder} cannot be written: {error.strerror or error}.") from None
    _run(["systemctl", "--user", "daemon-reload"])
    _run(["systemctl", "--user", "enable", "--now", f"cpmodel-{name}.timer"])
    return f"Installed in {folder}; the timer cpmodel-{name}.timer is started."


def installed(name: str, language: str = "en") -> str:
    """Return in words whether cron or systemd starts a batch."""
    found = []
    if _mark(name, "begins") in _crontab():
        found.append(said("schedule.cron"))
    if (unit_folder() / f"cpmodel-{name}.timer").is_file():
        found.append(said("schedule.timer", unit=f"cpmodel-{name}.timer"))
    if not found:
        return said("schedule.not_installed").in_(language)
    return said("schedule.installed", where=told(found, language)).in_(language)


def _crontab() -> list[str]:
    """Return the lines of this user's crontab; none where there is none."""
    if shutil.which("crontab") is None:
        return []
    done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def _without(name: str, lines: list[str]) -> list[str]:
    """Return the lines of a crontab that are not those of a batch."""
    begins, ends = _mark(name, "begins"), _mark(name, "ends")
    kept, inside = [], False
    for line in lines:
        inside = inside or line == begins
        if not inside:
            kept.append(line)
        inside = inside and line != ends
    return kept


def _run(command: list[str], text: str = "") -> None:
    if shutil.which(command[0]) is None:
        raise RunFailed(
            f"`{command[0]}` is not on this machine; hand what is shown to whoever runs its schedules."
        )
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.returncode}")
