"""Requirements files: every line classified, includes followed inside the bundle only, markers of the target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.security.requirements import Kind, RequirementLine, RequirementSet, read_requirements
from govern.security.requirements.environment import VARIABLES, declared_environment, judge_marker
from govern.security.requirements.lines import logical_lines

SHA = "0" * 64
COMMIT = "a" * 40


def read(
    files: Mapping[str, str | bytes] | str, *roots: str, environment: Mapping[str, str] | None = None
) -> RequirementSet:
    if isinstance(files, str):
        files = {"requirements.txt": files}
    data = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    return read_requirements(
        roots or ("requirements.txt",), files=data.keys(), read=data.__getitem__, environment=environment
    )


def one(text: str, **options: Mapping[str, str]) -> RequirementLine:
    (line,) = read(text, **options).lines  # type: ignore[arg-type]
    return line


EXOTIC = {
    "requirements.txt": (
        "# top\n-r base.txt\n-c constraints.txt\n-e .\n"
        "--extra-index-url http://index.example.invalid/simple\n"
        "--trusted-host index.example.invalid\n"
        "git+https://git.example.invalid/acme/x.git@main#egg=x\n"
        "https://files.example.invalid/y-1.0-py3-none-any.whl\n"
        "aiohttp @ file:///opt/conda-bld/aiohttp_1/work\n"
        "numpy==1.26.*\npandas===2.2.0\nscipy>=1.10,<2\n"
        'requests[security]==2.32.0 ; python_version < "3.12"\n'
        f"Scikit_Learn==1.5.2 \\\n    --hash=sha256:{SHA}\n"
        "uvicorn\nfoo = 1.0\n"
    ),
    "base.txt": "click==8.1.7\n-r deep/more.txt\n",
    "deep/more.txt": "attrs==24.2.0\n",
}


def test_every_legal_kind_of_line() -> None:
    found = read(EXOTIC)
    table = {(line.file, line.line): (line.kind, line.name, line.version) for line in found.lines}
    assert table == {
        ("requirements.txt", 2): (Kind.INCLUDE, None, None),
        ("requirements.txt", 3): (Kind.CONSTRAINT, None, None),
        ("requirements.txt", 4): (Kind.LOCAL, None, None),
        ("requirements.txt", 5): (Kind.OPTION, None, None),
        ("requirements.txt", 6): (Kind.OPTION, None, None),
        ("requirements.txt", 7): (Kind.DIRECT, "x", None),
        ("requirements.txt", 8): (Kind.DIRECT, "y", None),
        ("requirements.txt", 9): (Kind.LOCAL, "aiohttp", None),
        ("requirements.txt", 10): (Kind.UNPINNED, "numpy", None),
        ("requirements.txt", 11): (Kind.EXACT, "pandas", "2.2.0"),
        ("requirements.txt", 12): (Kind.UNPINNED, "scipy", None),
        ("requirements.txt", 13): (Kind.EXACT, "requests", "2.32.0"),
        ("requirements.txt", 14): (Kind.EXACT, "scikit-learn", "1.5.2"),
        ("requirements.txt", 16): (Kind.UNPINNED, "uvicorn", None),
        ("requirements.txt", 17): (Kind.INVALID, None, None),
        ("base.txt", 1): (Kind.EXACT, "click", "8.1.7"),
        ("base.txt", 2): (Kind.INCLUDE, None, None),
        ("deep/more.txt", 1): (Kind.EXACT, "attrs", "24.2.0"),
    }
    by_line = {line.line: line for line in found.lines if line.file == "requirements.txt"}
    assert by_line[17].column == 5
    assert by_line[13].marker_unknown
    assert by_line[14].hashes == (f"sha256:{SHA}",)
    assert [(problem.code, problem.line) for problem in found.problems] == [("S214", 3)]


@pytest.mark.parametrize(
    ("text", "kind", "version"),
    [
        ("a==1.0", Kind.EXACT, "1.0"),
        ("a == 1.0", Kind.EXACT, "1.0"),
        ("a==1.0,>=0.5", Kind.EXACT, "1.0"),
        ("a==1.0+cu118", Kind.EXACT, "1.0+cu118"),
        ("a==2.0rc1", Kind.EXACT, "2.0rc1"),
        ("a===1.0", Kind.EXACT, "1.0"),
        ("a==1.0,<1.0", Kind.UNPINNED, None),
        ("a==1.0,==1.0", Kind.EXACT, "1.0"),
        ("a==1.0,==2.0", Kind.UNPINNED, None),
        ("a===2004d", Kind.UNPINNED, "2004d"),
        ("a~=1.0", Kind.UNPINNED, None),
        ("a==1.*", Kind.UNPINNED, None),
        ("a!=1.0", Kind.UNPINNED, None),
        ("a", Kind.UNPINNED, None),
        ("a==${VERSION}", Kind.UNPINNED, None),
        ("${NAME}==1.0", Kind.UNPINNED, None),
        ("./dist/a.whl", Kind.LOCAL, None),
        ("../a", Kind.LOCAL, None),
        ("a-1.0.tar.gz", Kind.LOCAL, None),
        ("file:///a-1.0-py3-none-any.whl", Kind.LOCAL, None),
        ("C:\\a.whl", Kind.LOCAL, None),
        ("a @ file:///b", Kind.LOCAL, None),
        (f"a @ git+https://e.invalid/a@{COMMIT}", Kind.DIRECT, None),
        ("a @ git+ssh://git@e.invalid/a@v1", Kind.DIRECT, None),
        (f"https://e.invalid/a-1.0-py3-none-any.whl#sha256={SHA}", Kind.DIRECT, "1.0"),
        (f"a @ https://e.invalid/a-1.0-py3-none-any.whl --hash=sha256:{SHA}", Kind.DIRECT, "1.0"),
        (f"https://e.invalid/a-1.0-py3-none-any.whl --hash=sha256:{SHA[1:]}", Kind.DIRECT, None),
        ("https://e.invalid/a-1.0.tar.gz", Kind.DIRECT, None),
        ("foo = 1.0", Kind.INVALID, None),
        ("a==1.0 --frobnicate", Kind.INVALID, None),
        ("a==1.0 --hash", Kind.INVALID, None),
        ("a==1.0 ; python_version <> '3'", Kind.INVALID, None),
        ("--unknown-option x", Kind.INVALID, None),
        ("a==1.0 --hash 'unbalanced", Kind.INVALID, None),
    ],
)
def test_one_line(text: str, kind: Kind, version: str | None) -> None:
    line = one(text)
    assert (line.kind, line.version) == (kind, version), line


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("-i https://e.invalid", "--index-url"),
        ("-ihttps://e.invalid", "--index-url"),
        ("--index-url=https://e.invalid", "--index-url"),
        ("--extra-index https://e.invalid", "--extra-index-url"),
        ("--pre", "--pre"),
        ("-f https://e.invalid", "--find-links"),
        ("--no-binary :all:", "--no-binary"),
    ],
)
def test_options_in_every_spelling(text: str, option: str) -> None:
    line = one(text)
    assert (line.kind, line.option) == (Kind.OPTION, option)


def test_options_behind_a_requirement() -> None:
    requirement, option = read("a==1.0 --config-settings=x=y").lines
    assert (requirement.kind, option.kind, option.option) == (Kind.EXACT, Kind.OPTION, "--config-settings")


def test_passwords_in_urls_are_not_kept() -> None:
    found = read(
        "--index-url https://user:hunter2@e.invalid/simple\na @ https://tok3n@e.invalid/a.zip\n-e git+https://x:y@e/z\n"
    )
    assert all(
        "hunter2" not in repr(line) and "tok3n" not in repr(line) and "x:y" not in repr(line) for line in found.lines
    )


def test_continuations_and_comments_are_joined_as_pip_does() -> None:
    content = "a \\\n  ==1.0 # why\n# alone\nb==2 \\\n# ends it\nc==3#not-a-comment\nd==4 \\"
    assert [(line.number, line.text) for line in logical_lines(content)] == [
        (1, "a   ==1.0"),
        (4, "b==2"),
        (6, "c==3#not-a-comment"),
        (7, "d==4"),
    ]


def test_pip_reads_the_same_logical_lines(tmp_path: Path) -> None:
    """Oracle: pip-requirements-parser, the reader of pip taken out of it."""
    from pip_requirements_parser import RequirementsFile

    text = "a==1.0\n b == 2.0 # x\n\n# c\nc==3 \\\n --hash=sha256:" + SHA + "\nd[x,y]==4 ; os_name == 'nt'\ne>=5\n"
    (tmp_path / "requirements.txt").write_text(text)
    theirs = RequirementsFile.from_file(str(tmp_path / "requirements.txt"))
    named = [(item.name, item.line_number) for item in theirs.requirements]
    assert [(line.name, line.line) for line in read(text).lines] == named


# Includes ---------------------------------------------------------------------------------------------------------


def test_a_cycle_and_an_absent_file() -> None:
    found = read(
        {"requirements.txt": "-r a.txt\n-r gone.txt\n", "a.txt": "-r b.txt\nnumpy==1.26.4\n", "b.txt": "-r a.txt\n"}
    )
    assert [(problem.code, problem.message) for problem in found.problems] == [
        ("S215", "includes form a cycle: a.txt -> b.txt -> a.txt"),
        ("S214", "included file 'gone.txt' is absent"),
    ]
    assert [line.name for line in found.packages] == ["numpy"]


@pytest.mark.parametrize("target", ["../x.txt", "/etc/passwd", "~/x.txt", "https://e.invalid/r.txt", "sub/../../x.txt"])
def test_nothing_outside_the_bundle_is_read(target: str) -> None:
    found = read({"requirements.txt": f"-r {target}\n", "etc/passwd": "a==1\n", "x.txt": "b==1\n"})
    assert [problem.code for problem in found.problems] == ["S216"]
    assert found.files == ("requirements.txt",)


def test_includes_are_relative_to_the_including_file() -> None:
    found = read(
        {"requirements.txt": "-r env/one.txt\n", "env/one.txt": "-r two.txt\n-r ../three.txt\n"}
        | {"env/two.txt": "a==1\n", "three.txt": "b==1\n"}
    )
    assert [(line.file, line.name) for line in found.packages] == [("env/two.txt", "a"), ("three.txt", "b")]
    assert not found.problems


def test_many_includes_cost_no_more_than_their_files() -> None:
    """A diamond at every level would be read 2**40 times if each path were followed."""
    files = {f"{n}.txt": f"-r {n + 1}.txt\n-r {n + 1}.txt\na{n}==1\n" for n in range(25)} | {"25.txt": "z==1\n"}
    assert len(read(files, "0.txt").packages) == 26


def test_a_chain_of_includes_has_an_end() -> None:
    files = {f"{n}.txt": f"-r {n + 1}.txt\n" for n in range(100)}
    assert [problem.code for problem in read(files, "0.txt").problems] == ["S215"]


def test_constraints_settle_versions_and_install_nothing() -> None:
    files = {
        "requirements.txt": "-c c.txt\na\nb>=2\nc<1\nd\n",
        "c.txt": "a==1.5\nb==3.0\nc==2.0\nd>=1\nunused==9\n",
    }
    found = read(files)
    versions = {line.name: (line.kind, line.version) for line in found.packages}
    assert versions == {
        "a": (Kind.EXACT, "1.5"),
        "b": (Kind.EXACT, "3.0"),
        "c": (Kind.UNPINNED, None),
        "d": (Kind.UNPINNED, None),
    }


# Encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"\xff\xfe" + "a==1\nb==2\n".encode("utf-16-le"), b"\xef\xbb\xbfa==1\nb==2\n"])
def test_byte_order_marks(data: bytes) -> None:
    assert [line.name for line in read({"requirements.txt": data}).packages] == ["a", "b"]


def test_other_encodings_are_refused() -> None:
    with pytest.raises(InputError):
        read({"requirements.txt": b"a==1\n\xe9\n"})
    found = read("# -*- coding: latin-1 -*-\na==1\n")
    assert [problem.code for problem in found.problems] == ["S217"]
    assert not found.lines
    assert read("# -*- coding: utf-8 -*-\na==1\n").packages


def test_an_included_file_that_cannot_be_decoded_is_a_problem_not_a_crash() -> None:
    found = read({"requirements.txt": "-r b.txt\na==1\n", "b.txt": b"\xff"})
    assert [problem.code for problem in found.problems] == ["S217"]


# Markers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "environment", "kind", "unknown"),
    [
        ('python_version < "3.9"', {"python": "3.11.7"}, Kind.EXCLUDED, False),
        ('python_version >= "3.9"', {"python": "3.11.7"}, Kind.EXACT, False),
        ('python_full_version < "3.11.8"', {"python": "3.11"}, Kind.EXACT, True),
        ('sys_platform == "win32"', {"python": "3.11.7"}, Kind.EXACT, True),
        ('sys_platform == "win32"', {"sys_platform": "linux"}, Kind.EXCLUDED, False),
        ('python_version < "3.9" or sys_platform == "linux"', {"python": "3.11"}, Kind.EXACT, True),
        ('extra == "test"', {}, Kind.EXCLUDED, False),
        ("'x\"' != sys_platform and '\"y' != 'z'", {"python": "3.11"}, Kind.EXACT, True),
    ],
)
def test_markers_speak_of_the_declared_environment(
    marker: str, environment: dict[str, str], kind: Kind, unknown: bool
) -> None:
    line = one(f"a==1.0 ; {marker}", environment=environment)
    assert (line.kind, line.marker_unknown) == (kind, unknown)


def test_markers_are_independent_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever interpreter runs this, the same lines come out."""
    import packaging.markers

    text = "".join(f'p{number}==1 ; {name} == "x"\n' for number, name in enumerate(VARIABLES))
    text += 'q==1 ; sys_platform == "win32"\nr==1 ; python_version < "3.9"\n'
    declared = {"sys_platform": "linux", "python": "3.11.7"}
    here = [read(text), read(text, environment=declared)]
    monkeypatch.setattr(packaging.markers, "default_environment", lambda: dict.fromkeys(VARIABLES, "x"))
    assert [read(text), read(text, environment=declared)] == here


def test_declared_python_gives_what_follows_from_it() -> None:
    assert declared_environment({"python": "3.11.7"}) == {"python_version": "3.11", "python_full_version": "3.11.7"}
    assert declared_environment({"python": "3.11"}) == {"python_version": "3.11"}
    assert declared_environment({"unknown": "x"}) == {}
    assert judge_marker('os_name == "nt"', {"os_name": "posix"}).counts is False


@given(st.text(max_size=200))
def test_any_text_is_classified_without_a_crash(text: str) -> None:
    try:
        found = read(text)
    except InputError:
        return
    for line in found.lines:
        assert line.line >= 1
        assert line.text


@given(
    st.lists(
        st.sampled_from(
            ["a==1.0", "b>=2", "-e .", "# c", "", "--pre", "d==1 \\", "  # x", "e @ https://e.invalid/e.zip"]
        )
    )
)
def test_no_requirement_is_dropped(lines: list[str]) -> None:
    """Each line that is not empty, a comment or part of a continuation has an entry at its own number."""
    text = "\n".join(lines)
    expected = [logical.number for logical in logical_lines(text)]
    assert list(dict.fromkeys(line.line for line in read(text).lines)) == expected
