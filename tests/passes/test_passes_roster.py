from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tapctl.errors import UsageError
from tapctl.passes.roster import Entry, Wanted, lifetime_of, named, read_roster
from tapctl.passes.roster.row import Mistaken
from tapctl.text.times import Zones

ZONES = Zones(here=ZoneInfo("Europe/Oslo"))
DEFAULTS = Wanted(user="", lifetime=60)
MIA = Wanted(
    user="mia@x.example",
    start=datetime(2026, 9, 1, 7, tzinfo=UTC),
    lifetime=480,
    is_usable_once=False,
    zone=ZoneInfo("Asia/Tokyo"),
)
CSV = "user,start,lifetime,oneTime,timeZone\nmia@x.example,2026-09-01T07:00Z,8h,no,Asia/Tokyo\n"
YAML = """\
- user: mia@x.example
  start: 2026-09-01T07:00Z
  lifetime: 480
  one-time: false
  time zone: Asia/Tokyo
"""
JSON = (
    '[{"user": "mia@x.example", "start": "2026-09-01T07:00Z", "lifetime": 480, '
    '"oneTime": false, "tz": "Asia/Tokyo"}]'
)


def read(folder: Path, content: str | bytes, name: str = "roster.csv") -> list[Entry]:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_roster(file, DEFAULTS, ZONES))


def mistakes(folder: Path, content: str | bytes, name: str = "roster.csv") -> list[str]:
    """`line:column: message`, and nothing but mistakes."""
    found = read(folder, content, name)
    assert all(isinstance(entry, Mistaken) for entry in found)
    return said_in(found)


def said_in(entries: list[Entry]) -> list[str]:
    return [
        f"{found.place.line}:{found.place.column}: {found.message}"
        for entry in entries
        if isinstance(entry, Mistaken)
        for found in entry.findings
        if found.place
    ]


def unplaced(entry: Entry) -> Entry:
    assert isinstance(entry, Wanted)
    return Wanted(
        user=entry.user,
        start=entry.start,
        lifetime=entry.lifetime,
        is_usable_once=entry.is_usable_once,
        zone=entry.zone,
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (CSV, "roster.csv"),
        (CSV.replace(",", ";"), "roster.csv"),
        (CSV.replace(",", "\t"), "roster.tsv"),
        (CSV.replace("\n", "\r\n").encode("utf-8-sig"), "roster.csv"),
        (CSV.encode("utf-16"), "roster.csv"),
        (CSV.replace("oneTime", "Is-Usable-Once").replace("user", "User Principal Name"), "roster"),
        (CSV.replace("mia@x.example", '"mia@x.example"') + ",,,,\n\n", "roster.csv"),
        (YAML, "roster.yaml"),
        (f"---\n{YAML}...\n", "roster.yml"),
        (f"# people\n{YAML}  ", "roster.YAML"),
        (YAML.replace("480", '"8h"'), "roster.yaml"),
        (
            JSON,
            "roster.json",
        ),
    ],
)
def test_a_roster_comes_as_people_have_it(tmp_path: Path, content: str | bytes, name: str) -> None:
    assert [unplaced(entry) for entry in read(tmp_path, content, name)] == [MIA]


@pytest.mark.parametrize(
    ("content", "name"),
    [("user,start\nmia@x.example\n", "a.csv"), ("- user: mia@x.example\n  start: ~\n", "a.yaml")],
)
def test_what_a_row_leaves_out_is_the_default(tmp_path: Path, content: str, name: str) -> None:
    (found,) = read(tmp_path, content, name)

    assert unplaced(found) == Wanted(user="mia@x.example", lifetime=60)


def test_a_row_knows_its_place(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "start,user\n,mia@x.example\n")

    assert isinstance(found, Wanted)
    assert str(found.place) == f"{tmp_path / 'roster.csv'}:2:2"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("user,lifetme\nmia,8h\n", ['1:6: there is no column "lifetme"; did you mean "lifetime"?']),
        ("user,shoe\nmia,8h\n", ['1:6: there is no column "shoe"; known are user, start, ']),
        ("user,upn\nmia,mia\n", ['1:6: "user" is there twice']),
        ("mia@x.example\n", ['1:1: there is no column "mia@x.example"', "1:1: the first line has to name"]),
        ("start\n2026-09-01T07:00Z\n", ["1:1: the first line has to name"]),
        ("user,start\nmia,8h,extra\n", ["2:8: the row has 3 cells, but the first line names 2"]),
        ("user,start\n,2026-09-01T07:00Z\n", ["2:1: the row names no user"]),
        (
            'user,start,lifetime,oneTime,tz\n"mia, again",2026-09-01T09:00,long,maybe,Oslo\n',
            ["2:42: timeZone", "2:14: start", "2:31: lifetime", "2:36: oneTime"],
        ),
    ],
)
def test_every_mistake_of_a_csv_has_its_place(tmp_path: Path, content: str, expected: list[str]) -> None:
    found = mistakes(tmp_path, content)

    assert len(found) == len(expected)
    assert all(said.startswith(start) for said, start in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("user: mia\n", ["1:1: the roster has to be a list"]),
        ("- mia\n", ["1:3: the roster has to be a list"]),
        ("- [a, [b]]\n- mia\n", ["1:3: the roster", "2:3: the roster"]),
        ("- {user: mia, usr: mia}\n", ['1:15: there is no column "usr"; did you mean "user"?']),
        ("- {user: mia, upn: mia}\n", ['1:15: "upn" is there twice']),
        ("- {user: [mia, {a: b}], lifetime: {a: 1}}\n", ["1:10: a person's entry", "1:35: a person's"]),
        ("- {[a]: mia, lifetime: 1h}\n", ["1:4: a person's entry"]),
        ("- user: &a mia\n- user: *a\n- lifetime: 8h\n", ["2:9: a person's entry", "3:3: the row names no"]),
        ("- lifetime: soon\n  user: mia\n", ['1:13: lifetime: "soon" is no lifetime']),
        ("- lifetime: 999999999999d\n  user: mia\n", ['1:13: lifetime: "999999999999d" is no lifetime']),
        ("- user: mia\n  start: 2026-09-01\n", ['2:10: start: "2026-09-01" says no time of day']),
        ("- user: 'mia\n", ["2:1: the YAML cannot be read"]),
        ("- user: \x07\n", ["1:1: the YAML cannot be read"]),
        (b"- user: \xff\n", ["1:1: the YAML cannot be read"]),
    ],
)
def test_every_mistake_of_a_yaml_has_its_place(
    tmp_path: Path, content: str | bytes, expected: list[str]
) -> None:
    said = said_in(read(tmp_path, content, "roster.yaml"))

    assert len(said) == len(expected)
    assert all(text.startswith(start) for text, start in zip(said, expected, strict=True))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("user,start,lifetime\nmia,soon,long\n", "a.csv"),
        ("user,start\nmia,8h,extra\n", "a.csv"),
        ("- {user: mia, start: soon, lifetime: long}\n", "a.yaml"),
        ("- {user: mia, shoe: 1, sock: 2}\n", "a.yaml"),
    ],
)
def test_a_row_with_mistakes_is_one_person_with_a_name(tmp_path: Path, content: str, name: str) -> None:
    (found,) = read(tmp_path, content, name)

    assert isinstance(found, Mistaken)
    assert found.user == "mia"


@pytest.mark.parametrize(("content", "name"), [(b"user\n\xff\xfe\xff\n", "a.csv"), ('user\n"mia\n', "a.csv")])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(UsageError, match=rf'roster ".*{name}" cannot be read'):
        read(tmp_path, content, name)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            'user,start\nyusuf,\n"mia,\nchloe,\n',
            r"in line 3: .* \(is a quote opened here, and not closed\?\)",
        ),
        ('user\n"' + "mia,\n" * 30_000, r"in line 2: .* \(is a quote"),
        ('user\n"mia"x\n', r"in line 2: ',' expected after '\"'$"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, content: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"the row that begins {why}"):
        read(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_roster(tmp_path / "nowhere.csv", DEFAULTS, ZONES))


@pytest.mark.parametrize("name", ["long.csv", "long.yaml"])
def test_a_long_roster_takes_no_more_memory_than_a_short_one(tmp_path: Path, name: str) -> None:
    line, head = ("- user: u{}@x.example\n", "") if name.endswith("yaml") else ("u{}@x.example\n", "user\n")
    file = tmp_path / name
    file.write_text(head + "".join(line.format(number) for number in range(20_000)))
    tracemalloc.start()

    count = sum(1 for _ in read_roster(file, DEFAULTS, ZONES))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 300_000


@pytest.mark.parametrize(("text", "minutes"), [("8h", 480), ("1h30m", 90), ("90", 90), (" 1d ", 1440)])
def test_a_lifetime_is_a_duration_or_minutes(text: str, minutes: int) -> None:
    assert lifetime_of(text) == minutes


def test_users_on_the_command_line_share_their_wishes() -> None:
    assert list(named(["a", "b"], DEFAULTS)) == [Wanted(user="a", lifetime=60), Wanted(user="b", lifetime=60)]
