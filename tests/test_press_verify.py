"""A printed file proves itself: sealed in every format, signed, its numbers worked out again, also far from home."""

import json
import re
import shutil
import subprocess

import nbformat
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from little_press import task, write_project
from synthetic_run import write_run
from test_briefs_findings import searched
from test_briefs_page import filled_page

from cpmodel.analysis.findings import found
from cpmodel.cli import main
from cpmodel.inputs.project import project_root
from cpmodel.press import build, seals, stamps
from cpmodel.press.printing import as_read
from cpmodel.press.running import carry_out

FORMATS = tuple(build.RENDERERS)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")


@pytest.fixture(scope="module")
def content(run_folder):
    return filled_page(run_folder, "vi").content()


@pytest.fixture(scope="module")
def bodies(content):
    return {format: seals.plain(format, build.RENDERERS[format](content)) for format in FORMATS}


ABOUT = {"schema": stamps.SCHEMA, "title": 'Tăng "đào" <tạo> & ; ]]> \u202e', "numbers": [1.5]}


@pytest.mark.parametrize("format", FORMATS)
def test_a_seal_is_undone_exactly_and_made_again_the_same(bodies, format):
    body = bodies[format]
    about = ABOUT | {"body": seals.told(format, body)}
    sealed = seals.seal(format, body, about)
    opened = seals.unseal(sealed)
    assert (opened.format, opened.body, opened.manifest) == (format, body, about)
    assert seals.damage(opened, sealed) == "" and seals.seal(format, body, about) == sealed


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_was_touched_is_found_out(bodies, format):
    body = bodies[format]
    sealed = seals.seal(format, body, ABOUT | {"body": seals.told(format, body)})
    other = seals.seal(format, body, ABOUT | {"body": seals.told(format, body + b" ")})
    touched = [other, sealed + b"\n%more\n", sealed[:2000] + b"x" + sealed[2001:]]
    if format == "html":
        touched.append(sealed.replace("Quyết định".encode(), "Nghị quyết".encode(), 1))
    for data in touched:
        assert seals.damage(seals.unseal(data), data), "not noticed"


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7 broken", b"PK\x03\x04broken", b"{broken", b"plain text", b"[1]"]
)
def test_a_file_from_elsewhere_holds_no_manifest_and_does_no_harm(data):
    assert seals.unseal(data).manifest == {}


def test_a_sealed_pdf_is_still_tagged_and_a_sealed_document_still_opens(bodies, tmp_path):
    import docx
    import openpyxl
    from pypdf import PdfReader

    for format in ("pdf", "docx", "xlsx"):
        file = tmp_path / f"sealed.{format}"
        file.write_bytes(
            seals.seal(format, bodies[format], ABOUT | {"body": seals.told(format, bodies[format])})
        )
    root = PdfReader(tmp_path / "sealed.pdf").trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and "/Outlines" in root
    assert (
        docx.Document(tmp_path / "sealed.docx").paragraphs
        and openpyxl.load_workbook(tmp_path / "sealed.xlsx").sheetnames
    )


def test_a_signature_holds_for_the_manifest_that_was_signed_and_no_other(tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key, file, public = Ed25519PrivateKey.generate(), tmp_path / "key.pem", tmp_path / "public.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    signed = stamps.signed(ABOUT, file)
    read_back = json.loads(json.dumps(signed))
    assert stamps.signature_of(read_back) == (stamps.public_key(public), True)
    assert stamps.signature_of(read_back | {"numbers": [1.6]})[1] is False
    assert stamps.signature_of(ABOUT) == ("", False)


def test_names_of_runs_and_further_digits_are_not_what_a_reader_sees(content, run_folder):
    folders = {"as_decided": run_folder}
    other = json.loads(content.model_dump_json().replace(run_folder.name, "2026-12-05_as_decided_ffffffff"))
    assert as_read(content, folders) != as_read(content.model_copy(update={"kicker": "else"}), folders)
    moved = type(content).model_validate(other)
    far = {"as_decided": run_folder.with_name("2026-12-05_as_decided_ffffffff")}
    shutil.copytree(run_folder, far["as_decided"], dirs_exist_ok=True)
    assert as_read(moved, far) == as_read(content, folders)


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    found = capsys.readouterr()
    return end.value.code, found.out, found.err


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A project whose batch has printed the national brief in Vietnamese from a made-up run; returns its root and folder."""
    root = tmp_path_factory.mktemp("office")
    real = project_root()
    for name in ("data", "notebooks", "scenarios"):
        (root / name).symlink_to(real / name)
    run = write_run(root / "reports" / "runs" / "2026-11-20_as_decided_0123abcd")
    job = task(write_project(tmp_path_factory.mktemp("little") / "p", {"a": "x"}), ["a"])
    order = job.orders[0].__class__(
        kind="national", case="", language="vi", notebook=real / "notebooks" / "brief_national.ipynb",
        scenarios=("as_decided",), takes=("scenario", "run", "language", "compare"), parameters={},
        formats=FORMATS, cadence="always",
    )  # fmt: skip

    class Found:
        def find(self, kind, scenario):
            return run

        make = find

        def keep(self, folders, because):
            return []

    job = job.__class__(name="office", batch=job.batch, orders=(order,), root=root, prepare=Found(),
                        store=job.store.__class__(root / "reports" / "published" / "office"))  # fmt: skip
    report = carry_out(job)
    assert not report.failed, report.failed
    return root, job.store.current / "national" / "vi"


@pytest.mark.parametrize("format", FORMATS)
def test_a_copy_mailed_around_is_verified_number_by_number(office, tmp_path, monkeypatch, capsys, format):
    root, folder = office
    monkeypatch.setenv("CPMODEL_HOME", str(root))
    mailed = tmp_path / f"mailed.{format}"
    shutil.copy(folder / f"national_vi.{format}", mailed)
    code, out, err = call(capsys, "verify", str(mailed), "--no-rerun")
    assert code == 0, out + err
    assert "as printed" in out and re.search(
        r"all \d\d+ numbers stand in 2026-11-20_as_decided_0123abcd", out
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A project with a brief printed by itself, in every format, with a finding and a key; returns root and folder."""
    root = tmp_path_factory.mktemp("alone")
    for name in ("data", "scenarios", "requirements.lock"):
        (root / name).symlink_to(project_root() / name)
    (root / "notebooks").mkdir()
    run = write_run(root / "reports" / "runs" / "2026-11-20_as_decided_0123abcd")
    found(
        "backcast",
        "as_decided",
        {"code": "c"},
        {},
        lambda work: searched("backcast"),
        root / "reports" / "decisions",
    )
    notebook = nbformat.read(project_root() / "notebooks" / "brief_national.ipynb", as_version=4)
    at = next(i for i, cell in enumerate(notebook.cells) if "page.data_quality()" in cell.source)
    notebook.cells.insert(at, nbformat.v4.new_code_cell('page.finding("backcast")', id="finding"))
    nbformat.write(notebook, root / "notebooks" / "brief_national.ipynb")
    key = root / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPMODEL_HOME", str(root))
        build.build(root / "notebooks" / "brief_national.ipynb", {"run": str(run), "language": "vi"}, root / "out",
                    FORMATS, brief="national", key_file=key)  # fmt: skip
    return root, root / "out"


@pytest.mark.parametrize("format", FORMATS)
def test_a_brief_printed_by_itself_is_verified_like_one_of_a_batch(
    alone, tmp_path, monkeypatch, capsys, format
):
    root, folder = alone
    monkeypatch.setenv("CPMODEL_HOME", str(root))
    mailed = tmp_path / f"Bản tóm lược.{format}.txt"  # the name tells nothing
    shutil.copy(folder / f"brief_vi.{format}", mailed)
    code, out, err = call(capsys, "verify", str(mailed), "--no-rerun")
    assert code == 0, out + err
    assert "signed by" in out and "its run is the newest one" in out
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["languages"]["vi"]
    assert stamps.signature_of(manifest)[1] and [one["kind"] for one in manifest["searches"]] == ["finding"]


def test_a_finding_that_is_gone_or_answered_anew_is_named(alone, monkeypatch, capsys):
    root, folder = alone
    monkeypatch.setenv("CPMODEL_HOME", str(root))
    kept = next((root / "reports" / "decisions").iterdir())
    aside = kept.rename(root / "aside")
    code, out, _ = call(capsys, "verify", str(folder / "brief_vi.pdf"), "--no-rerun")
    aside.rename(kept)
    assert code == 0 and f"the finding {kept.name} is not here" in out


def test_a_number_that_a_newer_run_moves_is_named(office, tmp_path, monkeypatch, capsys):
    root, folder = office
    monkeypatch.setenv("CPMODEL_HOME", str(root))
    newer = root / "reports" / "runs" / "2026-12-05_as_decided_fedcba98"
    write_run(newer, shift=0.2, created="2026-12-05T08:00:00Z")
    told = json.loads((newer / "manifest.json").read_text("utf-8"))
    told["hashes"]["data"] = "e" * 64
    (newer / "manifest.json").write_text(json.dumps(told), "utf-8")
    code, out, _ = call(capsys, "verify", str(folder / "national_vi.pdf"), "--no-rerun")
    shutil.rmtree(newer)
    assert code == 3 and "✓ its run" in out and "✗ newest run" in out and "is printed where" in out


def test_a_file_without_a_manifest_is_bad_input(tmp_path, capsys):
    (tmp_path / "x.html").write_text("<html><head></head></html>", "utf-8")
    code, _, err = call(capsys, "verify", str(tmp_path / "x.html"))
    assert code == 2 and "holds no manifest" in err
    evil = ABOUT | {"runs": {"../../etc": {"id": "../..", "hashes": {}}}}
    (tmp_path / "y.json").write_bytes(seals.seal("json", b"{}", evil))
    assert call(capsys, "verify", str(tmp_path / "y.json"))[0] == 2


def test_plain_papermill_gives_the_same_page_as_the_warm_engine(run_folder, tmp_path):
    from cpmodel.press import engine

    notebook = project_root() / "notebooks" / "brief_national.ipynb"
    given = {"run": str(run_folder), "language": "en"}
    warm = build.execute(notebook, given, tmp_path, engine_name=engine.register())
    read = warm.metadata.papermill["files_read"]
    assert any(path.endswith("data/parameters.csv") for path in read)
    warm, plain = build.quiet(warm), build.quiet(build.execute(notebook, given, tmp_path))
    assert warm == plain


def test_an_office_program_can_read_what_openssl_made(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine, so the documented way to make a key was not tried")
    key = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True
    )
    assert stamps.signature_of(stamps.signed(ABOUT, key))[1]
