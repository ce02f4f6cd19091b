"""Bookmark files of every program are read right, and what is written is read back the same."""

import io
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import Fault, Invalid
from schema.formats.charsets import CHUNK
from schema.formats.entries import Entry, FolderEntry, Refused, Remark
from schema.formats.netscape import LOOK, MAX_DEPTH, MAX_TEXT, decode_time, read, write

SAMPLES = Path(__file__).parent / "samples"
LIBRARIES = Path(__file__).resolve().parents[4] / "shared" / "data"


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def rows_of(source):
    return list(read(io.BytesIO(source if isinstance(source, bytes) else source.encode())))


def rows_in_list(text):
    return rows_of(f"<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p>{text}</DL><p>")


def written(rows):
    return "".join(write(rows))


def sample(name):
    return rows_of((SAMPLES / name).read_bytes())


# What each program exports.


def test_chrome():
    """Folders with times, favicons ignored, scripts kept, times counted from 1601 understood, an empty folder kept."""
    bar = ("Bookmarks bar",)

    assert [
        FolderEntry(bar, created_at=at(1700000000)),
        Entry("https://example.com/?a=1&b=2", "Example & more", folder=bar, created_at=at(1700000001)),
        FolderEntry((*bar, "Empty"), created_at=at(1700000002)),
        Entry("javascript:alert('hi')", "Run <b>", folder=bar, created_at=at(1700000003)),
        Entry("https://example.com/other", "Other"),
    ] == sample("chrome.html")


def test_firefox():
    """Saved searches and live bookmarks are refused, separators ignored, addresses with a plain & kept."""
    reading = ("Reading",)

    assert [
        Refused(12, "This is a saved search of Firefox, not a link.", "place:sort=8&maxResults=10"),
        FolderEntry(reading, "Things to read", at(1700000001)),
        Entry(
            "https://example.com/?x=1&copy=2",
            "News",
            "What happened",
            tags=("news", "daily"),
            folder=reading,
            created_at=at(1700000003),
            updated_at=at(1700000004),
        ),
        Refused(18, "The link has no address."),
        Entry("https://example.com/blog", "A blog", folder=reading),
        FolderEntry(("Other Bookmarks",), created_at=at(1700000006)),
    ] == sample("firefox.html")


def test_safari():
    """Folders without a list around them."""
    assert [
        FolderEntry(("Favourites",)),
        Entry("https://www.apple.com/", "Apple", folder=("Favourites",)),
        FolderEntry(("Reading List",)),
        Entry("https://example.org/long", "Long read", folder=("Reading List",)),
        Entry("https://example.org/loose", "Loose"),
    ] == sample("safari.html")


def test_pinboard():
    """What is to be read, what is private, descriptions of several lines."""
    assert [
        Entry(
            "https://example.com/one",
            "One",
            "First line\nsecond line",
            tags=("a", "b"),
            created_at=at(1300000000),
            to_read=True,
        ),
        Entry("https://example.com/two", "Two", created_at=at(1300000001), is_public=True),
    ] == sample("pinboard.html")


def test_shaarli():
    assert [
        Entry(
            "https://example.com/shared",
            "Shared",
            "Ein Text mit <Klammern> & 'Zeichen'",
            tags=("software", "web"),
            created_at=at(1600000000),
            updated_at=at(1600000001),
            is_public=True,
        ),
        Entry("https://example.com/hidden", "Hidden", created_at=at(1600000002)),
    ] == sample("shaarli.html")


def test_raindrop():
    """All on one line; favourites."""
    design = ("Design",)

    assert [
        FolderEntry(design),
        Entry(
            "https://example.com/a",
            "A",
            "An excerpt",
            tags=("ui", "colour"),
            folder=design,
            created_at=at(1650000000),
            updated_at=at(1650000001),
            is_favorite=True,
        ),
        Entry(
            "https://example.com/b",
            "B",
            folder=design,
            created_at=at(1650000002),
            updated_at=at(1650000002),
        ),
        FolderEntry((*design, "Icons")),
        Entry("https://example.com/c", "C", folder=(*design, "Icons"), created_at=at(1650000003)),
    ] == sample("raindrop.html")


def test_linkding():
    """Notes inside the description, archived links marked by a tag, addresses written without escaping."""
    assert [
        Entry(
            "https://example.com/?a=1&lt=2",
            "Shared",
            "A description",
            "Some **notes**\n\nwith <lines>",
            tags=("one", "two"),
            created_at=at(1660000000),
            updated_at=at(1660000001),
            to_read=True,
            is_public=True,
        ),
        Entry(
            "https://example.com/old",
            "Old",
            notes="Only notes",
            tags=("one",),
            created_at=at(1660000002),
            updated_at=at(1660000003),
            is_archived=True,
        ),
    ] == sample("linkding.html")


def test_pocket():
    """Another HTML: the headings say what is to be read and what is archived, and are no folders."""
    assert [
        Entry(
            "https://example.com/later",
            "Later",
            tags=("long", "read"),
            created_at=at(1500000000),
            to_read=True,
        ),
        Entry("https://example.com/done", "Done", created_at=at(1500000001), is_archived=True),
        Refused(16, "The link has no address."),
    ] == sample("pocket.html")


def test_floccus():
    """Numeric references, ids that mean nothing here, names and titles that are empty."""
    books = ("Bücher 📚",)

    assert [
        FolderEntry(books),
        Entry("https://example.com/ü", "Über & unter", folder=books),
        FolderEntry((*books, "")),
        Entry("https://example.com/deep", folder=(*books, "")),
    ] == sample("floccus.html")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encoding_and_line_ends_make_no_difference(encoding, line_end):
    text = (SAMPLES / "pinboard.html").read_text(encoding="utf-8")

    assert sample("pinboard.html") == rows_of(text.replace("\n", line_end).encode(encoding))


def test_windows_1252_as_old_programs_exported_it():
    source = (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\r\n"
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=ISO-8859-1">\r\n'
        '<DL><p>\r\n<DT><A HREF="http://example.com/">“Grüße” für 5 €</A>\r\n</DL><p>'
    )

    assert [Entry("http://example.com/", "“Grüße” für 5 €")] == rows_of(source.encode("cp1252"))


# Tolerance.


@pytest.mark.parametrize(
    "link",
    [
        '<DT><A HREF="https://a.example/?b=c" TAGS="d">E</A>',
        '<dt><a href="https://a.example/?b=c" tags="d">E</a>',
        "<DT><A HREF='https://a.example/?b=c' TAGS='d'>E</A>",
        "<DT><A HREF=https://a.example/?b=c TAGS=d>E</A>",
        '<DT><A\n  HREF = "https://a.example/?b=c"\n  TAGS=" d "\n>\n  E\n</A>',
        '<DT><A HREF=" https://a.example/?b=c " TAGS=",d,,d">E',
        '<DT><A HREF="https://a.example/?b=c" TAGS="d">E<DT>',
        '<DT><A HREF="https://a.example/?b=c" TAGS="d">E</A></DT>',
        '<A HREF="https://a.example/?b=c" TAGS="d">E</A>',
        '<DT>1. <A HREF="https://a.example/?b=c" TAGS="d"><b>E</b></A> and more',
        '<DT><A HREF="https://a.example/?b=c" HREF="https://second.example" TAGS="d">E</A>',
        '<DL><DT><A HREF="https://a.example/?b=c" TAGS="d">E</A></DL></DL></DL>',
        '<![if IE]><!x><?y?></><DT><A HREF="https://a.example/?b=c" TAGS="d">E</A>',
        '<SCRIPT><STYLE><TITLE><DT><A HREF="https://a.example/?b=c" TAGS="d">E</A>',
    ],
)
def test_spelling_of_a_link_makes_no_difference(link):
    assert [Entry("https://a.example/?b=c", "E", tags=("d",))] == rows_in_list(link)


@pytest.mark.parametrize(
    "folder",
    [
        "<DT><H3>F</H3><DD>D<DL><p><DT><A HREF=x:a>A</A></DL><p>",
        "<DT><H3>F</H3><DD>D</DD><DL><DT><A HREF=x:a>A</A></DL>",
        "<DT><H3>F<DD>D<DL><DT><A HREF=x:a>A</DL>",
        "<dt><h3 folded>F</h3></dt><dd>D<dl><dt><a href='x:a'>A</a></dt></dl></dd>",
        "<h3>F</h3><dd>D<dl><a href=x:a>A</dl>",
    ],
)
def test_spelling_of_a_folder_makes_no_difference(folder):
    """What follows the folder's end is outside again."""
    assert [
        FolderEntry(("F",), "D"),
        Entry("x:a", "A", folder=("F",)),
        Entry("x:b", "B"),
    ] == rows_in_list(f"{folder}<DT><A HREF=x:b>B</A>")


def test_a_folder_without_a_list_is_empty():
    assert [FolderEntry(("F",)), FolderEntry(("G",)), Entry("x:a", "A")] == rows_in_list(
        "<DT><H3>F</H3><DT><H3>G</H3><DT><A HREF=x:a>A</A><DL></DL>"
    )


def test_a_list_without_a_folder_changes_nothing():
    assert [Entry("x:a", "A"), Entry("x:b", "B")] == rows_in_list("<DL><DT><A HREF=x:a>A</A></DL><DT><A HREF=x:b>B</A>")


def test_an_unfinished_file_is_read_as_far_as_it_goes():
    assert [
        FolderEntry(("F",)),
        Entry("x:a", "A", "D", folder=("F",)),
        Refused(1, "A tag or comment has no end; the rest of the file was skipped."),
    ] == rows_of('<DL><DT><H3>F</H3><DL><DT><A HREF=x:a>A</A><DD>D<DT><A HREF="x:b')


def test_a_title_in_one_line_keeps_its_blanks():
    """A title that comes back without them is another one to floccus (NC-15.1)."""
    assert [
        FolderEntry((" F ",)),
        Entry("x:a", "  A  b\u00a0", folder=(" F ",)),
        Entry("x:c", "C", folder=(" F ",)),
    ] == (rows_in_list("<DT><H3> F </H3><DL><p><DT><A HREF=x:a>  A  b\u00a0</A><DT><A HREF=x:c>\n  C\n</A></DL><p>"))


def test_text_of_a_description_keeps_its_lines():
    assert [Entry("x:a", "A", "one\ntwo <b>\n\nthree\nfour")] == rows_in_list(
        "<DT><A HREF=x:a>A</A><DD>one<br>two &lt;b&gt;\n<p><i>three</i><DD> four \n"
    )


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("&copy=1&reg&lt", "&copy=1&reg&lt"),
        ("©®<ü😀", "&copy;&reg;&lt;&#252;&#x1F600;"),
        ("&nothing; & &#; &#x; &#xfffffff; &amp;", "&nothing; & &#; &#x; &#xfffffff; &amp;amp;"),
        ("∳", "&CounterClockwiseContourIntegral;"),
        ("a\ufffdb\ufffdc\ufffd", "a\0b&#0;c&#xD800;"),
    ],
)
def test_a_character_reference_counts_only_when_it_is_complete(expected, text):
    """In titles as in addresses; a reference to what cannot be stored is mended."""
    assert [Entry(f"x:{expected}", expected)] == rows_in_list(f'<DT><A HREF="x:{text}">{text}</A>')


@pytest.mark.parametrize("shift", range(-12, 3))
def test_nothing_is_lost_where_two_pieces_meet(shift):
    """A reference, a tag and a text stand across the border, at each of its places."""
    head = "<DL>".ljust(CHUNK + shift)
    link = "<DT><A HREF='x:&amp;'>&euro;</A>"

    assert [Entry("x:&", "€")] == rows_of(head + link)
    assert [Entry("x:&", "€")] == rows_of("<DL>".ljust(CHUNK + shift - 21) + link)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "1704164645"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), " 01704164645.9 "),
        (datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), "1704164645678"),
        (datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "1704164645678901"),
        (datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "13348638245678901"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "1"),
        (datetime(2286, 11, 20, 17, 46, 39, tzinfo=UTC), "9999999999"),
        *((None, text) for text in (None, "", "0", "-5", "soon", "1e9", "١٢٣", "1" * 17 + "9", "9" * 5000)),
        *((None, text) for text in ("10000000000000000", "2024-01-02")),
    ],
)
def test_times_are_read_by_their_size(expected, text):
    """Seconds, milliseconds, microseconds, microseconds since 1601; nonsense is no time."""
    assert expected == decode_time(text)


@pytest.mark.parametrize(
    ("expected", "attribute"),
    [
        (False, ""),
        (False, "PRIVATE"),
        (False, 'PRIVATE=""'),
        (False, 'PRIVATE="1"'),
        (True, 'PRIVATE="0"'),
    ],
)
def test_only_what_says_so_is_public(expected, attribute):
    assert [Entry("x:a", "A", is_public=expected)] == rows_in_list(f"<DT><A HREF=x:a {attribute}>A</A>")


@pytest.mark.parametrize(
    ("expected", "description"),
    [
        (("", "n"), "[linkding-notes]n[/linkding-notes]"),
        (("before after", " n "), "before[linkding-notes] n [/linkding-notes] after"),
        (("a", "[/linkding-notes] n"), "a[linkding-notes][/linkding-notes] n[/linkding-notes]"),
        (("a", "n"), "a\n[linkding-notes]n"),
        (("n[/linkding-notes]", ""), "n[/linkding-notes]"),
    ],
)
def test_linkding_notes_are_taken_out_of_the_description(expected, description):
    (entry,) = rows_in_list(f"<DT><A HREF=x:a>A</A><DD>{description}")

    assert expected == (entry.description, entry.notes)


# What cannot be kept.


@pytest.mark.parametrize("attributes", ["", "HREF", 'HREF=""', 'HREF="  "', 'NAME="a"'])
def test_a_link_without_address_is_refused(attributes):
    assert [Refused(2, "The link has no address."), Entry("x:b", "B")] == rows_in_list(
        f"\n<DT><A {attributes}>A</A><DT><A HREF=x:b>B</A>"
    )


def test_text_without_a_link_is_refused():
    assert [Refused(2, "There is text where a link should be."), Entry("x:b", "B")] == rows_in_list(
        "\n<DT>nothing to\nsee<DT> <DT><A HREF=x:b>B</A>"
    )


def test_a_tag_that_is_too_long_is_left_out_aloud():
    long, fits = "ä" * 256, "ß" * 255

    assert [
        Remark(1, f"A tag is longer than 255 characters; it was left out: {'ä' * 40}…", "x:a"),
        Entry("x:a", "A", tags=("b", fits)),
    ] == rows_in_list(f"<DT><A HREF=x:a TAGS='{long},b,{fits}'>A</A>")


def test_a_description_of_nothing_is_left_out_aloud():
    assert [
        Entry("x:a", "A"),
        Remark(1, "A description belongs to no link and no folder; it was left out."),
    ] == rows_in_list("<DT><A HREF=x:a>A</A><HR><DD>of what?")


def test_a_text_without_end_is_cut_aloud():
    """Titles and descriptions; several descriptions of one link share the limit."""
    remark = Remark(1, "A text is longer than 1,048,576 characters; the rest of it was left out.", "x:a")
    long = "a" * MAX_TEXT

    assert [Entry("x:a", long)] == rows_in_list(f"<DT><A HREF=x:a>{long}</A>")
    assert [remark, Entry("x:a", long)] == rows_in_list(f"<DT><A HREF=x:a>{long}b</A>")
    assert [remark, Entry("x:a", "A", long)] == rows_in_list(f"<DT><A HREF=x:a>A</A><DD>{long}b")
    assert [remark, Entry("x:a", "A", long)] == rows_in_list(f"<DT><A HREF=x:a>A</A><DD>{long}<DD>b<DD>c")


def test_a_tag_without_end_is_skipped_aloud_and_reading_goes_on():
    """An unclosed quote or comment may swallow 1 MiB and a piece, not the library."""
    lost = "\n" * (MAX_TEXT + CHUNK)
    rows = rows_in_list(f"<DT><A HREF=x:a>A</A><!-- {lost}<HR>{lost}<DT><A HREF=x:b>B</A>")

    reason = "A tag or comment is longer than 1,048,576 characters; that much of the file was skipped."
    assert [Entry("x:a", "A"), Refused(1, reason), Entry("x:b", "B")] == rows
    assert 1 + 2 * len(lost) == rows[-1].position


def test_folders_may_be_a_thousand_deep():
    """What lies deeper is kept in the thousandth, and the way back up is still found."""
    names = [str(number) for number in range(MAX_DEPTH + 2)]
    source = "".join(f"<DT><H3>{name}</H3><DL><p>" for name in names)
    ends = "<DT><A HREF=x:a>A</A></DL>" * len(names)

    rows = rows_in_list(f"{source}{ends}<DT><A HREF=x:b>B</A>")

    deepest = tuple(names[:MAX_DEPTH])
    reason = "A folder lies deeper than 1,000 others; what it holds goes to the one around it."
    assert [FolderEntry(deepest[: depth + 1]) for depth in range(MAX_DEPTH)] == rows[:MAX_DEPTH]
    assert [Remark(1, reason)] * 2 == rows[MAX_DEPTH : MAX_DEPTH + 2]
    assert [Entry("x:a", "A", folder=deepest)] * 3 == rows[MAX_DEPTH + 2 : MAX_DEPTH + 5]
    assert Entry("x:a", "A", folder=deepest[:-1]) == rows[MAX_DEPTH + 5]
    assert Entry("x:b", "B") == rows[-1]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"GIF89a\x01\x00",
        b'{"bookmarks": []}',
        b'<!DOCTYPE html><title>News</title><ul><li><a href="https://a.example">A</a></ul>',
        b"<H3>F</H3><A HREF=x:a>A</A><DD>D<!--",
        b"<" * (2 * LOOK),
    ],
)
def test_another_kind_of_file_is_invalid(source):
    with pytest.raises(Invalid) as caught:
        rows_of(source)

    assert (Fault(("file",), "format"),) == caught.value.faults


def test_another_kind_of_file_is_not_read_to_its_end():
    source = io.BytesIO(b"no bookmarks " * LOOK)
    with pytest.raises(Invalid):
        list(read(source))

    assert source.tell() <= LOOK + 2 * CHUNK


def test_a_bookmark_file_may_be_empty():
    assert [] == rows_of("<!doctype netscape-bookmark-file-1>")
    assert [] == rows_of("<DL></DL>")


# Streaming.


def test_rows_come_while_the_file_is_read():
    link = b"<DT><A HREF=x:a>A</A>\n"
    source = io.BytesIO(b"<DL>" + link * CHUNK)

    assert [Entry("x:a", "A")] * 2 == list(islice(read(source), 2))
    assert CHUNK == source.tell()


def test_memory_does_not_grow_with_the_file():
    """The same peak, give or take, for 1 MB and for 8 MB: rows are let go as they come."""
    link = b"<DT><A HREF=x:a>A</A><DD>" + b"D" * 4000
    peaks = []
    for size in (1_000_000, 8_000_000):
        source = io.BytesIO(b"<DL>" + link * (size // len(link)))
        tracemalloc.start()
        counted = sum(1 for _ in read(source))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

        assert size // len(link) == counted
    assert peaks[1] < peaks[0] + 1_000_000


@pytest.mark.skipif(not LIBRARIES.is_dir(), reason="the sample libraries are not beside this checkout")
@pytest.mark.parametrize(
    ("name", "links", "folders", "addresses"),
    [("selfhosted", 1258, 102, None), ("go", 3033, 149, None), ("books", 4764, 1232, 4717)],
)
def test_real_libraries_are_read_whole_and_written_back(name, links, folders, addresses):
    with (LIBRARIES / f"{name}.html").open("rb") as source:
        rows = list(read(source))

    assert {Entry: links, FolderEntry: folders} == Counter(type(row) for row in rows)
    entries = [row for row in rows if isinstance(row, Entry)]
    assert all(entry.created_at and entry.title for entry in entries)
    assert addresses in {None, len({entry.url for entry in entries})}
    assert all(before.position < after.position for before, after in pairwise(rows))
    assert rows == rows_of(written(rows))


# Writing.


def test_what_is_written_looks_as_programs_expect_it():
    entry = Entry(
        'https://a.example/?b=c&d="e"',
        "<T>",
        "D & E",
        "N",
        tags=("x", "y, z"),
        folder=("F", "G"),
        created_at=datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        updated_at=at(1704164646),
        to_read=True,
        is_archived=True,
        is_public=True,
        is_favorite=True,
    )

    assert (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'
        "<TITLE>Bookmarks</TITLE>\n"
        "<H1>Bookmarks</H1>\n"
        "<DL><p>\n"
        '<DT><H3 ADD_DATE="1">F</H3>\n'
        "<DD>About F\n"
        "<DL><p>\n"
        "<DT><H3>G</H3>\n"
        "<DL><p>\n"
        '<DT><A HREF="https://a.example/?b=c&amp;d=&quot;e&quot;" ADD_DATE="1704164645" LAST_MODIFIED="1704164646"'
        ' PRIVATE="0" TOREAD="1" TAGS="x,y  z,linkding:archived" DATA-IMPORTANT="true">&lt;T&gt;</A>\n'
        "<DD>D &amp; E[linkding-notes]N[/linkding-notes]\n"
        "</DL><p>\n"
        "</DL><p>\n"
        '<DT><A HREF="x:a" PRIVATE="1" TOREAD="0" TAGS=""></A>\n'
        "</DL><p>\n"
    ) == written([FolderEntry(("F",), "About F", at(1)), entry, Entry("x:a")])


def test_folders_that_only_links_name_are_opened_and_closed():
    paths = [("F", "G"), ("F",), ("F", "H"), ("I",), ()]

    assert [
        FolderEntry(("F",)),
        FolderEntry(("F", "G")),
        Entry("x:a", folder=("F", "G")),
        Entry("x:a", folder=("F",)),
        FolderEntry(("F", "H")),
        Entry("x:a", folder=("F", "H")),
        FolderEntry(("I",)),
        Entry("x:a", folder=("I",)),
        Entry("x:a"),
    ] == rows_of(written(Entry("x:a", folder=path) for path in paths))


def test_nothing_at_all_is_an_empty_file():
    assert [] == rows_of(written([]))


def test_times_that_would_be_read_as_others_are_not_written():
    moments = [datetime(1969, 12, 31, tzinfo=UTC), at(0), at(10**10), datetime(9999, 1, 1, tzinfo=UTC)]

    assert [Entry("x:a")] * 4 == rows_of(
        written(Entry("x:a", created_at=moment, updated_at=moment) for moment in moments)
    )


def test_writing_streams():
    """The first link is written before the second is asked for."""
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield Entry(f"x:{number}")

    pieces = write(rows())

    assert any("x:0" in piece for piece in pieces)
    assert [0] == asked


texts = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
    st.sampled_from(["&amp;", "&lt", "&copy=1", "</A>", "<DT>", "<!--", "]]>", "'\"", "a\r\nb\rc", "&#38;", "a  b"]),
).map(str.strip)
times = st.none() | st.integers(1, 10**10 - 1).map(at)
tags = texts.map(lambda text: text.replace(",", "").strip()).filter(bool)
entries = st.builds(
    Entry,
    url=texts.filter(lambda text: text and not text.lower().startswith("place:")),
    title=texts,
    description=texts,
    notes=texts,
    tags=st.lists(tags, unique=True, max_size=3).map(tuple),
    created_at=times,
    updated_at=times,
    to_read=st.booleans(),
    is_archived=st.booleans(),
    is_public=st.booleans(),
    is_favorite=st.booleans(),
)


@st.composite
def libraries(draw):
    """Rows in depth-first order: at each step a link or folder somewhere on the way to the last folder."""
    rows, path = [], ()
    for entry, name, description, created_at, is_folder, depth in draw(
        st.lists(st.tuples(entries, texts, texts, times, st.booleans(), st.integers(0, 5)), max_size=12)
    ):
        path = path[:depth]
        if is_folder:
            path = (*path, name)
            rows.append(FolderEntry(path, description, created_at))
        else:
            values = {field: getattr(entry, field) for field in Entry.__slots__}
            rows.append(Entry(**values | {"folder": path}))
    return rows


@given(libraries())
def test_what_is_written_is_read_back_the_same(rows):
    """All that the format can hold: stripped texts, whole seconds between 1970 and 2286, tags without commas."""
    assert rows == rows_of(written(rows))


@given(
    st.lists(
        st.sampled_from(
            [
                *("<DL>", "</DL>", "<DT>", "<H3>f</H3>", "<A HREF=x:a>t</A>", "<DD>d", "<HR>", "<H1>", "x", "\n", ">"),
                *("<!--", "-->", "<a", "<![", "&", "&#1", "'", '"'),
            ]
        )
    )
)
def test_no_order_of_tags_breaks_the_reader(pieces):
    """Every address that is found has been written, and folders come before what they hold."""
    known = {()}
    for row in rows_of("<!DOCTYPE NETSCAPE-Bookmark-file-1>" + "".join(pieces)):
        if isinstance(row, FolderEntry):
            known.add(row.path)
            assert row.path[:-1] in known
        elif isinstance(row, Entry):
            assert row.folder in known


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(noise):
    rows = rows_of(b"<!DOCTYPE NETSCAPE-Bookmark-file-1>" + noise)

    assert all(isinstance(row, Entry | FolderEntry | Refused | Remark) for row in rows)
