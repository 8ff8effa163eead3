"""The index of published briefs, notices, schedules: what people meet of the printing house."""

import dataclasses
import datetime as dt
import http.server
import json
import os
import re
import stat
import threading

import pytest
from chromium import opened
from little_press import task, write_project

from cpmodel.cli import main
from cpmodel.inputs.project import project_root
from cpmodel.press import notices, schedules, site
from cpmodel.press.batch import Schedule
from cpmodel.press.jobs import Outcome
from cpmodel.press.running import Report
from cpmodel.press.store import Store, json_bytes

HOSTILE = "<script>alert(1)</script> \u202e=cmd|' /C calc'!A0 " + "very long " * 40


PLACES = {"31": {"vi": "Hải Phòng", "en": "Hai Phong"}, "48": {"vi": "Đà Nẵng", "en": "Da Nang"},
          "56": {"vi": "Khánh Hòa", "en": "Khanh Hoa"}}  # fmt: skip


def published(folder, older=()):
    """Publish made-up briefs: the national one and some provinces, in both languages; returns the folder of the pages."""
    store, objects = Store(folder), {}
    cases = {"": "", "31": "Thành phố Hải Phòng đạt 20%", "48": HOSTILE, "56": "Khánh Hòa: chưa đủ số liệu"}
    for number, (case, title) in enumerate(cases.items()):
        for language in ("vi", "en"):
            kind = "province" if case else "national"
            order = "/".join(filter(None, (kind, case, language)))
            stem, name = order.replace("/", "_"), f"{number:031d}{language[0]}"
            files = {f"{stem}.html": b"<p>brief</p>", f"{stem}.pdf": b"%PDF"}
            (store.objects / name).mkdir(parents=True)
            for file, data in files.items():
                (store.objects / name / file).write_bytes(data)
            odds = {
                "odds": "unlikely",
                "label": "Adoption 2020",
                "words": "unlikely (20%)",
                "probability": 0.2,
            }
            about = {
                "kind": {"vi": "Bản tóm lược", "en": "Brief"}[language] + f" {kind}", "title": title or "Nation",
                "language": language, "edition": "2026-11-09", "parameters": {"province": case} if case else {},
                "about": PLACES.get(case, {}).get(language, ""), "conclusions": {"a": odds},
                "files": dict.fromkeys(files, ""),
            }  # fmt: skip
            (store.objects / name / "manifest.json").write_bytes(json_bytes(about))
            objects[order] = name
            (folder / "pages" / order).parent.mkdir(parents=True, exist_ok=True)
            (folder / "pages" / order).symlink_to(store.objects / name)
    batch = task(write_project(folder / "p", {"a": "x"}), ["a"]).batch
    for name, data in site.pages(batch, store, objects, project_root(), older).items():
        (folder / "pages" / name).write_bytes(data)
    return folder / "pages"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return published(tmp_path_factory.mktemp("site"), older=("province/31/vi",))


def test_the_index_is_searched_and_opened_in_a_real_browser_without_a_network(pages):
    with opened(pages / "index.html") as page:
        assert page.locator(".briefs li:visible").count() == 4
        page.fill("#search", "hai phong")
        assert page.locator(".briefs li:visible").count() == 1 and page.inner_text("#found") == "1 ấn phẩm"
        assert page.locator(".map a:not(.away)").all_inner_texts() == ["Hải Phòng"]
        assert "bản in trước" in page.inner_text(".briefs li:visible")
        page.fill("#search", "da nang")  # its title does not name it
        assert page.locator(".briefs li:visible strong").all_inner_texts() == ["Đà Nẵng"]
        labels = [link.get_attribute("aria-label") for link in page.locator(".files a").all()]
        assert len(set(labels)) == len(labels) == 8 and "Đà Nẵng, PDF" in labels
        page.fill("#search", "nowhere")
        assert page.inner_text("#found") == "Không có ấn phẩm nào phù hợp."
        page.fill("#search", "")
        page.locator(".map a", has_text="Hải Phòng").click()
        assert page.url.endswith("province/31/vi/province_31_vi.html")
        page.go_back()
        page.click("a[hreflang=en]")
        assert page.locator("html").get_attribute("lang") == "en" and page.locator(".briefs li").count() == 4
        assert page.problems == [] and all(url.startswith("file:") for url in page.fetched)


def test_the_index_reads_without_its_script_and_is_accessible(pages):
    with opened(pages / "index.html", javascript=False) as page:
        assert page.locator(".briefs li:visible").count() == 4
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with opened(pages / "index.html") as page:
        found = axe.Axe().run(page).response["violations"]
        assert not [(one["id"], one["nodes"][0]["html"]) for one in found]


def test_both_archipelagos_stand_on_the_map_with_the_province_they_belong_to(pages):
    for language, file in site.PAGES.items():
        text = (pages / file).read_text("utf-8")
        for name, code in (("Hoàng Sa", "48"), ("Trường Sa", "56")):
            tile = re.search(rf'<a href="([^"]+)"[^>]*>[^<]*{name}[^<]*</a>', text)
            assert tile and tile[1] == f"province/{code}/{language}/province_{code}_{language}.html"


def test_hostile_titles_are_inert(pages):
    text = (pages / "index.html").read_text("utf-8")
    assert "<script>alert" not in text and "\u202e" not in text and text.count("<script>") == 1


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *told):
        pass


@pytest.fixture
def hook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


FAILED = Outcome("province/31/vi", "failed", 1.0, error="brief failed\nKeyError: 'x'")
CHANGED = notices.Notice("a", "Adoption 2020", "unlikely (20%)", "likely (70%)")


def test_failures_and_changed_conclusions_are_sent_and_nothing_else_is(hook):
    address = f"json://127.0.0.1:{hook.server_port}/hook"
    assert notices.deliver("monthly", [], [], address) == [] and hook.got == []
    assert notices.deliver("monthly", [FAILED], [CHANGED], address) == []
    assert "1 conclusion changed, 1 brief failed" in hook.got[0]["title"]
    assert "unlikely (20%) → likely (70%)" in hook.got[0]["message"] and "KeyError" in hook.got[0]["message"]


def test_an_address_is_never_shown_whatever_goes_wrong(caplog, capsys, tmp_path):
    secret = "hunter2-password"
    (tmp_path / "addresses").write_text(f"json://user:{secret}@127.0.0.1:9/x nonsense:{secret}", "utf-8")
    told = notices.deliver("monthly", [FAILED], [], "", tmp_path / "addresses")
    assert len(told) == 2
    seen = capsys.readouterr()
    assert secret not in "".join([*told, caplog.text, seen.out, seen.err])
    assert notices.deliver("monthly", [FAILED], [], "", tmp_path / "no")


def test_a_scheduled_run_tells_whoever_the_settings_name(hook, tmp_path, monkeypatch, capsys):
    address = f"json://user:hunter2@127.0.0.1:{hook.server_port}"
    (tmp_path / "addresses").write_text(f"{address}/file\n", "utf-8")
    monkeypatch.setenv("CPMODEL_NOTIFY", f"{address}/environment")
    monkeypatch.setenv("CPMODEL_NOTIFY_FILE", str(tmp_path / "addresses"))  # as `notify_file` in cpmodel.yaml
    report = Report(1, (), (FAILED,), "0001", (), ())
    monkeypatch.setattr("cpmodel.press.running.carry_out", lambda task, workers: report)
    for command, code in (
        (["batch", "run", "annual", "-o", str(tmp_path / "p")], 1),
        (["config", "show"], 0),
    ):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == code
    seen = capsys.readouterr()
    assert len(hook.got) == 2 and "hunter2" not in seen.out + seen.err


@pytest.mark.parametrize(
    ("schedule", "now", "start"),
    [
        ({"every": "month", "day": 5, "at": "06:00"}, "2026-11-26T10:00", "2026-12-05T06:00"),
        ({"every": "month", "day": 26, "at": "10:01"}, "2026-11-26T10:00", "2026-11-26T10:01"),
        ({"every": "week", "day": 1, "at": "00:30"}, "2026-11-26T10:00", "2026-11-30T00:30"),
        ({"every": "day", "at": "23:59"}, "2026-12-31T23:59", "2027-01-01T23:59"),
    ],
)
def test_the_next_start(schedule, now, start):
    found = schedules.next_start(Schedule.model_validate(schedule), dt.datetime.fromisoformat(now))
    assert found == dt.datetime.fromisoformat(start)


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    found = capsys.readouterr()
    return end.value.code, found.out, found.err


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose crontab and systemctl are ours."""
    programs = tmp_path / "bin"
    programs.mkdir()
    table = tmp_path / "crontab"
    table.write_text("0 1 * * * other job\n", "utf-8")
    scripts = {
        "crontab": f'if [ "$1" = -l ]; then cat {table}; else cat > {table}; fi',
        "systemctl": f"echo $@ >> {tmp_path}/told",
    }
    for name, text in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_a_schedule_is_shown_first_and_installed_once(machine, capsys):
    code, out, _ = call(capsys, "schedule", "install", "monthly", "--cron")
    assert code == 0 and "0 6 5 * * cd " in out and "monthly" not in (machine / "crontab").read_text("utf-8")
    for _ in range(2):
        assert call(capsys, "schedule", "install", "monthly", "--cron", "--yes")[0] == 0
    lines = (machine / "crontab").read_text("utf-8").splitlines()
    assert lines[0] == "0 1 * * * other job" and len(lines) == 4
    assert call(capsys, "schedule", "install", "monthly", "--systemd", "--yes")[0] == 0
    timer = (machine / "config" / "systemd" / "user" / "cpmodel-monthly.timer").read_text("utf-8")
    assert "OnCalendar=*-*-05 06:00:00" in timer and "Persistent=true" in timer
    assert "enable --now cpmodel-monthly.timer" in (machine / "told").read_text("utf-8")
    code, out, _ = call(capsys, "schedule", "show")
    assert code == 0 and "installed (in the crontab; a systemd timer" in out
    assert call(capsys, "schedule", "install", "--cron", "--systemd")[0] == 2


def test_status_and_log_tell_an_office_where_it_stands(tmp_path, monkeypatch):
    from cpmodel.press.running import carry_out
    from cpmodel.press.status import log_text, status_of, status_text

    job = task(write_project(tmp_path / "p", {"a": "x", "b": "fail"}), ["a", "b"])
    assert (
        "nothing yet" in status_text(status_of(job), "en") and log_text(job.store, "en", 5) == "No run yet."
    )
    carry_out(job)
    text = status_text(status_of(job), "en")
    assert "needs attention" in text and "1 of 2 briefs" in text and "the figure is missing" in text
    assert "1 printed, 0 kept, 0 skipped, 1 failed" in log_text(job.store, "en", 5)
    assert "AssertionError: the figure is missing" in log_text(job.store, "en", 5, run=1)
    told = (
        status_text(status_of(job), "vi"),
        log_text(job.store, "vi", 5),
        log_text(job.store, "vi", 5, run=1),
    )
    assert (
        "cần xem lại" in told[0]
        and "in 1, giữ 0, bỏ qua 0, lỗi 1" in told[1]
        and "chưa in lần nào" in told[2]
    )
    job = dataclasses.replace(job, orders=job.orders[:1])
    assert status_of(job)["missing"] == []
