"""``polymark import`` and ``export``: what they say, how they end, and that nothing stops an import for good."""

from __future__ import annotations

import csv
import io
import json
import signal
import zipfile

import pytest

from schema.formats import netscape

SAMPLE = b"""<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><H3>F</H3>
<DL><p>
<DT><A HREF="https://a.example/" ADD_DATE="1580702706" TAGS="x,y" TOREAD="1">A &amp; co</A>
<DD>about
<DT><A HREF="place:sort=8">Recent</A>
</DL><p>
<DT><A HREF="b.example">B</A>
<DT><A HREF="javascript:alert(1)">run</A>
</DL><p>
"""


@pytest.fixture
def ann(house, polymark):
    polymark("user", "add", "ann")
    return "ann"


def counts(result):
    """The summary without the seconds."""
    return result.err.splitlines()[-1].rpartition(", in ")[0]


def rows(result):
    """What an export holds."""
    return list(netscape.read(io.BytesIO(result.out.encode())))


def test_an_import_says_what_it_did_and_what_it_did_not_take(ann, polymark, tmp_path):
    """One line for each entry that was not taken: file and line, reason, address."""
    file = tmp_path / "a.html"
    file.write_bytes(SAMPLE)
    result = polymark("import", str(file), "--user", ann)

    assert (0, "") == (result.code, result.out)
    assert [
        f"{file}:7: refused: This is a saved search of Firefox, not a link. place:sort=8",
        f"{file}:9: refused: The address has no scheme, such as https:. b.example",
    ] == result.err.splitlines()[:-1]
    assert "2 created, 0 updated, 0 unchanged, 2 refused, 1 folders made" == counts(result)


def test_a_second_run_creates_nothing(ann, polymark):
    polymark("import", "-", "--user", ann, given=SAMPLE)
    result = polymark("import", "-", "--user", ann, given=SAMPLE)

    assert "0 created, 0 updated, 2 unchanged, 2 refused, 0 folders made" == counts(result)


def test_what_would_steer_a_terminal_is_not_printed(ann, polymark):
    result = polymark("import", "-", "--user", ann, given=b"<DL><DT><A HREF='no\x1b[2Jscheme\x9b'>A</A></DL>")

    assert result.err.splitlines()[0].endswith("no\N{REPLACEMENT CHARACTER}[2Jscheme\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize(
    ("arguments", "given", "code", "line"),
    [
        (("-", "--user", "ann"), b"no bookmarks", 1, "- is not a bookmark file that can be read."),
        (("-", "--user", "ann"), b"", 1, "- is not a bookmark file that can be read."),
        (("gone.html", "--user", "ann"), b"", 1, "gone.html: cannot be read (No such file or directory)."),
        ((".", "--user", "ann"), b"", 1, ".: cannot be read (Is a directory)."),
        (("-", "--user", "ben"), SAMPLE, 1, "There is no user 'ben'; `polymark user list` shows all."),
        (("-",), SAMPLE, 2, "Missing option '--user'. Try `polymark import --help`."),
    ],
)
def test_what_cannot_be_imported_is_one_line(ann, polymark, arguments, given, code, line):
    result = polymark("import", *arguments, given=given)

    assert (code, "", f"{line}\n") == (result.code, result.out, result.err)


def test_fetch_where_nothing_is_fetched_is_refused(ann, polymark, monkeypatch):
    monkeypatch.setenv("POLYMARK_FETCH_TIMEOUT", "0")
    result = polymark("import", "-", "--user", ann, "--fetch", given=SAMPLE)

    assert 1 == result.code
    assert [] == rows(polymark("export", "--user", ann))


def test_an_export_comes_back_the_same(ann, polymark):
    polymark("user", "add", "ben")
    polymark("import", "-", "--user", ann, given=SAMPLE)
    first = polymark("export", "--user", ann)
    polymark("import", "-", "--user", "ben", given=first.out.encode())

    assert (0, "") == (first.code, first.err)
    assert 3 == len(rows(first))
    assert first.out == polymark("export", "--user", "ben").out


@pytest.fixture
def archive_of(spawn):
    """A library as the program writes it to its standard output."""

    def write(user):
        process = spawn("export", "--user", user, "--format", "json")
        out, err = process.communicate(timeout=60)
        assert (0, b"") == (process.returncode, err)
        return out

    return write


def test_a_json_export_is_a_zip_that_comes_back(ann, polymark, spawn, archive_of, tmp_path):
    """Said or seen, as a file or through a pipe, it is our archive."""
    polymark("import", "-", "--user", ann, given=SAMPLE)
    data = archive_of(ann)
    file = tmp_path / "library.zip"
    file.write_bytes(data)
    with zipfile.ZipFile(file) as found:
        rows_in_it = json.loads(found.read("library.json"))["bookmarks"]

    assert ["https://a.example/", "javascript:alert(1)"] == [row["url"] for row in rows_in_it]
    for name, arguments in (("ben", ()), ("cy", ("--format", "json"))):
        polymark("user", "add", name)
        result = polymark("import", str(file), "--user", name, *arguments)

        assert (0, "2 created, 0 updated, 0 unchanged, 0 refused, 1 folders made") == (result.code, counts(result))
        assert polymark("export", "--user", ann).out == polymark("export", "--user", name).out
    process = spawn("import", "-", "--user", "cy")
    _, err = process.communicate(data, timeout=60)
    assert b"0 created, 0 updated, 2 unchanged" in err


def test_a_library_in_plain_json_comes_back(ann, polymark, archive_of):
    """As the Bkmark door hands it out."""
    polymark("user", "add", "ben")
    polymark("import", "-", "--user", ann, given=SAMPLE)
    with zipfile.ZipFile(io.BytesIO(archive_of(ann))) as found:
        plain = found.read("library.json")
    result = polymark("import", "-", "--user", "ben", given=plain)

    assert (0, "2 created, 0 updated, 0 unchanged, 0 refused, 1 folders made") == (result.code, counts(result))


def test_what_is_told_of_a_whole_file_names_no_place_in_it(ann, polymark, archive_of):
    polymark("user", "add", "ben")
    polymark("user", "set", ann, "enable_sharing=true")
    result = polymark("import", "-", "--user", "ben", given=archive_of(ann))

    assert result.err.startswith("-: note: The account shared its public bookmarks;")


def test_a_zip_that_cannot_be_read_is_one_line(ann, polymark, tmp_path):
    file = tmp_path / "a.zip"
    for parts, cut, words in (
        ((), 0, "is a zip without a library.json in it."),
        (("library.json",), 9, "is a zip that is damaged or cut off."),
        (("library.json",), 0, "is not a bookmark file that can be read."),
    ):
        with zipfile.ZipFile(file, "w") as made:
            for name in parts:
                made.writestr(name, "[]")
        file.write_bytes(file.read_bytes()[: len(file.read_bytes()) - cut])
        result = polymark("import", str(file), "--user", ann)

        assert (1, f"{file} {words}\n") == (result.code, result.err)


TABLES = {
    "pocket": b"title,url,time_added,tags,status\nA,https://a.example/,1580702706,x|y,unread\n,,,z,\n",
    "raindrop": b"title,url,folder,created\nA,https://a.example/,F / G,2020-02-03\n,,F,\n",
}


@pytest.mark.parametrize("format", TABLES)
def test_tables_are_known_by_their_first_line(ann, polymark, format):
    """Told what it is or not, the outcome is the same; told wrongly, it cannot be read."""
    said = polymark("import", "-", "--user", ann, "--format", format, given=TABLES[format])
    seen = polymark("import", "-", "--user", ann, given=TABLES[format])
    (other,) = set(TABLES) - {format}
    wrong = polymark("import", "-", "--user", ann, "--format", other, given=TABLES[format])

    assert "1 created, 0 updated, 0 unchanged, 1 refused" in said.err
    assert "0 created, 0 updated, 1 unchanged, 1 refused" in seen.err
    assert (1, "- is not a bookmark file that can be read.\n") == (wrong.code, wrong.err)


def test_a_table_has_a_row_for_each_bookmark_in_each_folder(ann, polymark):
    polymark("import", "-", "--user", ann, given=SAMPLE)
    result = polymark("export", "--user", ann, "--format", "csv")

    assert ["A & co", "run"] == [row["title"] for row in csv.DictReader(io.StringIO(result.out))]
    assert (0, "") == (result.code, result.err)


def test_an_export_of_nobody_is_one_line(ann, polymark):
    result = polymark("export", "--user", "ben")

    assert (1, "", "There is no user 'ben'; `polymark user list` shows all.\n") == (result.code, result.out, result.err)


def many(count):
    """A file of more than one batch, with a refusal at its very beginning."""
    links = "".join(
        f'<DT><H3 ADD_DATE="1580702706">f{number}</H3><DL><p>\n'
        f'<DT><A HREF="https://{number}.example/{"long/" * 20}" ADD_DATE="1580702706" TAGS="t{number % 7}">N</A>\n'
        "</DL><p>\n"
        for number in range(count)
    )
    return f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="">none</A>\n{links}</DL><p>\n'.encode()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_was_cut_off_is_completed_by_the_next(ann, polymark, spawn, number):
    """The first batch is committed when its refusal is told; then the process is ended, and the file given again."""
    polymark("user", "add", "ben")
    file = many(2000)
    polymark("import", "-", "--user", "ben", given=file)
    process = spawn("import", "-", "--user", ann)
    process.stdin.write(file[: 4 * 65_536])
    process.stdin.flush()
    line = process.stderr.readline()
    process.send_signal(number)
    process.stdin.close()
    process.wait(timeout=20)
    part = rows(polymark("export", "--user", ann))
    result = polymark("import", "-", "--user", ann, given=file)

    assert b"The link has no address." in line
    assert 400 < len(part) < 4000
    assert process.returncode == (-number if number == signal.SIGKILL else 1)
    assert 0 == result.code
    assert polymark("export", "--user", "ben").out == polymark("export", "--user", ann).out
    assert 4000 == len(rows(polymark("export", "--user", ann)))
