"""A published table linted: each planted fault is found, and a clean table has none."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.fairness.printed import Fit, count_of, figure_of
from govern.fairness.published import add_year
from support.impact_tables import PEOPLE, codes, lint, published

CLEAN = published()


def planted(find: str, put: str, lines: list[str] | None = None) -> list[str]:
    """The clean table with one line changed."""
    lines = list(CLEAN if lines is None else lines)
    place = next(number for number, line in enumerate(lines) if line.startswith(find))
    lines[place] = put
    return lines


def without(find: str) -> list[str]:
    return [line for line in CLEAN if not line.startswith(find)]


def test_the_clean_table_is_of_eleven_categories_and_has_no_fault():
    assert len(CLEAN) == 1 + 11 + 3
    assert lint(CLEAN) == ()


PLANTED = {
    "wrong rate": (planted("sex,Female", "sex,Female,,582,281,0.5100,0.9457,,"), "F150", 2),
    "wrong ratio": (planted("sex,Female", "sex,Female,,582,281,0.4828,0.9800,,"), "F151", 2),
    "ratio of a crossed category": (
        planted("sex x race_ethnicity,Female,Black", "sex x race_ethnicity,Female,Black,150,66,0.4400,0.9000,,"),
        "F151",
        10,
    ),
    "ratio above 1": (planted("sex,Male", "sex,Male,,570,291,0.5105,1.0573,,"), "F152", 3),
    "nobody, printed as 0": (
        [*CLEAN[:3], "sex,Nonbinary,,0,0,0.0000,0.0000,,", *CLEAN[3:-1]]
        + [f"sex x race_ethnicity,Nonbinary,{race},0,0,N/A,N/A,," for race in ("Asian", "Black", "White")]
        + CLEAN[-1:],
        "F153",
        4,
    ),
    "unknown not given": ([line for line in CLEAN if "unknown" not in line], "F154", None),
    "no crossed table": ([line for line in CLEAN if not line.startswith("sex x")], "F155", None),
    "a pair missing": (without("sex x race_ethnicity,Female,Black"), "F156", 9),
    "a category twice": ([*CLEAN[:3], "sex, female ,,582,281,0.4828,0.9457,,", *CLEAN[3:]], "F157", 4),
    "left out without a reason": (
        planted("race_ethnicity,,Black", "race_ethnicity,,Black,290,129,0.4448,,yes,"),
        "F158",
        6,
    ),
    "left out and large": (
        planted("race_ethnicity,,Black", "race_ethnicity,,Black,290,129,0.4448,,yes,few people"),
        "F159",
        6,
    ),
    "tables that do not add up": (
        planted("sex x race_ethnicity,Male,Asian", "sex x race_ethnicity,Male,Asian,120,63,0.5250,0.9882,,"),
        "F160",
        3,
    ),
    "rate above 1": (planted("sex,Female", "sex,Female,,582,,1.2000,N/A,yes,too few"), "F162", 2),
    "more selected than assessed": (planted("sex,Female", "sex,Female,,582,600,0.4828,0.9457,,"), "F162", 2),
    "percent among fractions": (planted("sex,Female", "sex,Female,,582,281,48.28,0.9457,,"), "F163", 2),
    "no number of people": (planted("sex,Female", "sex,Female,,,,0.4828,0.9457,,"), "F164", 2),
    "a text for a rate": (planted("sex,Female", "sex,Female,,582,281,about half,0.9457,,"), "F164", 2),
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_fault_is_found_where_it_stands(name):
    lines, code, line = PLANTED[name]
    found = [fault for fault in lint(lines) if not fault.note]
    assert code in codes(tuple(found)), [(fault.code, fault.detail) for fault in found]
    assert next(fault.line for fault in found if fault.code == code) == line
    others = {
        "no number of people": {"F160"},
        "a category twice": {"F160"},
        "left out and large": set(),
        "more selected than assessed": {"F160"},
        "left out without a reason": {"F159"},
        "rate above 1": {"F159", "F160"},
        "ratio above 1": {"F151"},
        "a pair missing": {"F160"},
        "tables that do not add up": {"F160"},
    }.get(name, set())
    assert set(codes(tuple(found))) <= {code} | others, [(fault.code, fault.detail) for fault in found]


def test_another_reference_is_named_once():
    """Ratios over the rate of Black applicants, the lowest."""
    lines = planted("race_ethnicity,,Asian", "race_ethnicity,,Asian,237,121,0.5105,1.1477,,")
    lines = planted("race_ethnicity,,Black", "race_ethnicity,,Black,290,129,0.4448,1.0000,,", lines)
    lines = planted("race_ethnicity,,White", "race_ethnicity,,White,620,320,0.5161,1.1603,,", lines)
    found = lint(lines)
    assert codes(found) == ["F152"]
    assert found[0].category == ("Black",)


def test_a_category_left_out_does_not_set_the_highest_rate():
    """Eight people of a fourth race, all selected: out with a reason, n and rate shown, and ratios as before."""
    rows = [
        *CLEAN,
        "race_ethnicity,,Pacific,8,8,1.0000,,yes,fewer than ten people",
        "sex x race_ethnicity,Female,Pacific,8,8,1.0000,,yes,fewer than ten people",
        "sex x race_ethnicity,Male,Pacific,0,0,N/A,N/A,,",
    ]
    women = "sex,Female,,590,289,0.4898,0.9595,,"
    rows = planted("sex,Female", women, rows)
    assert lint(rows) == ()
    kept = [line.replace("1.0000,,yes,fewer than ten people", "1.0000,1.0000,,") for line in rows]
    assert set(codes(lint(kept))) == {"F151"}  # now it is compared, and every other ratio is too high


def test_a_truncated_figure_is_told_and_is_no_fault():
    """The worked example of 6 RCNY 5-301(c) prints 64.2 for 18 of 28."""
    lines = [
        "table,category,# of applicants,Scoring rate (%),Impact ratio",
        "race/ethnicity,Hispanic or Latino,28,64.2,1.00",
        "race/ethnicity,White,40,37.5,0.58",
        "race/ethnicity,Black or African American,32,50.0,0.78",
        "race/ethnicity,Native Hawaiian or Pacific Islander,8,62.5,0.97",
        "race/ethnicity,Asian,24,41.7,0.65",
        "sex,Male,92,54.3%,1.00",
        "sex,Female,76,44.7%,0.82",
    ]
    from govern.evidence.published_raw import RACE, SEX

    found = lint(lines, tables=((SEX,), (RACE,)), unknown_reported=False)
    assert found == ()
    counted = [
        "table,category,n,selected,rate,ratio",
        "race,Hispanic or Latino,28,18,64.2%,1.00",
        "race,White,40,15,37.5%,0.58",
    ]
    found = lint(counted, tables=((RACE,),), unknown_reported=False)
    assert [(fault.code, fault.line, fault.note) for fault in found] == [("F165", 2, True)]


@pytest.mark.parametrize(
    ("audited", "used", "found"),
    [
        (date(2025, 6, 1), date(2026, 6, 1), []),
        (date(2025, 6, 1), date(2026, 6, 2), ["F161"]),
        (date(2024, 2, 29), date(2025, 2, 28), []),
        (date(2024, 2, 29), date(2025, 3, 1), ["F161"]),
        (date(2026, 6, 2), date(2026, 6, 1), ["F161"]),
    ],
)
def test_an_audit_is_good_for_a_year(audited, used, found):
    document = {"audit_date": audited.isoformat(), "tables": []}
    assert codes(lint(json.dumps(document), tables=(), used_on=used)) == found


def test_test_data_needs_a_reason():
    document = {"data": {"type": "test"}, "tables": []}
    assert codes(lint(json.dumps(document), tables=())) == ["F167"]
    document["data"]["test_reason"] = "The tool is new; nobody has applied through it."
    assert lint(json.dumps(document), tables=()) == ()


def test_rates_without_numbers_selected_must_be_of_whole_people():
    lines = ["sex,n,rate,ratio", "F,7,0.62,1.00", "M,8,0.50,0.81"]
    from govern.evidence.published_raw import SEX

    assert codes(lint(lines, tables=((SEX,),), unknown_reported=False)) == ["F150"]
    lines[1] = "F,8,0.62,1.00"
    assert codes(lint(lines, tables=((SEX,),), unknown_reported=False)) == []


def test_nobody_selected_has_no_ratio():
    from govern.evidence.published_raw import SEX

    lines = ["sex,n,selected,rate,ratio", "F,70,0,0.00,1.00", "M,80,0,0.00,1.00"]
    assert codes(lint(lines, tables=((SEX,),), unknown_reported=False)) == ["F153", "F153"]
    lines = ["sex,n,selected,rate,ratio", "F,70,0,0.00,N/A", "M,80,0,0.00,N/A"]
    assert lint(lines, tables=((SEX,),), unknown_reported=False) == ()


def test_layouts_of_crossed_categories():
    head = "table,category,n,selected,rate,ratio"
    single = ["sex,Male,10,5,0.5,1.0", "sex,Female,10,5,0.5,1.0", "race,Asian,20,10,0.5,1.0", "race,unknown,0,,,"]
    for form in ("{} {}", "{} / {}", "{1} - {0}", "{1} ({0})", "{0} x {1}", "{1}, {0}"):
        names = [form.format(sex, "Asian") for sex in ("Male", "Female")]
        crossed = [f'intersectional,"{name}",10,5,0.5,1.0' for name in names]
        assert lint([head, *single, *crossed], unknown_reported=False) == (), form


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "I114"),
        ("a,b\n1,2\n", "E122"),
        ("category,n,rate,ratio\nF,1,1,1\n", "E122"),
        ("sex,n,applicants,rate,ratio\n", "I203"),
        ("sex,n,rate,ratio\nF,1\n", "I203"),
        ('sex,n,rate,ratio\n"F,1', "I203"),
        ("{}", "E101"),
        ('{"tables": [{"attributes": ["sex"], "rows": [{"category": 3}]}]}', "E101"),
        ('{"tables": [1]}', "E101"),
        ("{", "I201"),
    ],
)
def test_what_is_no_published_table_is_refused(text, code):
    with pytest.raises(InputError) as caught:
        lint(text)
    assert caught.value.diagnostics[0].code == code


def test_hostile_cells_are_no_figures():
    assert figure_of("\u2014") is None
    assert figure_of(" 54.3 % ") == figure_of("54.3%")
    for text in ("nan", "inf", "1e5", "0x10", "１２", "<11", "1,000.5", "--1"):
        with pytest.raises(ValueError, match="not a number"):
            figure_of(text)
    for text in ("-1", "1.0", "1,00", "1e3", "<11", "٣"):
        with pytest.raises(ValueError, match="people"):
            count_of(text)
    assert count_of("1,390") == 1390


def test_half_a_digit_either_way_is_rounding():
    figure = figure_of("0.12")
    assert figure.fit(Fraction(125, 1000)) is Fit.ROUNDED
    assert figure.fit(Fraction(115, 1000)) is Fit.ROUNDED
    assert figure.fit(Fraction(1251, 10000)) is Fit.TRUNCATED
    assert figure.fit(Fraction(13, 100)) is Fit.NOT
    assert figure.fit(Fraction(1149, 10000)) is Fit.NOT
    assert figure.fit(Fraction(1149, 10000), Fraction(51, 10000)) is Fit.ROUNDED


def test_a_year_after_a_leap_day():
    assert add_year(date(2024, 2, 29)) == date(2025, 2, 28)


SEXES, RACES = ("Female", "Male"), ("Asian", "Black", "Hispanic or Latino", "White")
NUMBERS = st.integers(0, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(max_examples=200, deadline=None)
@given(
    cells=st.fixed_dictionaries(
        {(sex, race): NUMBERS for sex in (*SEXES, None) for race in (*RACES, None)},
    ),
    places=st.integers(2, 6),
    selected=st.booleans(),
)
def test_a_table_made_from_counts_has_no_fault(cells, places, selected):
    assert lint(published(cells, places=places, selected=selected)) == ()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(range(1, len(CLEAN))), st.sampled_from(range(9)), st.text(max_size=8)), max_size=4
    )
)
def test_no_cell_brings_it_down(changes):
    rows = [line.split(",") for line in CLEAN]
    for row, column, text in changes:
        rows[row][column] = text.replace(",", "").replace('"', "").replace("\n", "").replace("\r", "").replace("\0", "")
    try:
        found = lint([",".join(row) for row in rows])
    except InputError:
        return
    assert all(fault.code.startswith("F1") for fault in found)


def test_people_of_the_example_are_enough_for_it():
    assert sum(n for n, _k in PEOPLE.values()) == 1159
