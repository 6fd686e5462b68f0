"""The HTML report is one file for everyone: no network, no script, two themes, the keyboard."""

import re
import shutil
import subprocess
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pcpbench.report import Wishes, render
from pcpbench.report.html.forest import forest
from pcpbench.report.html.style import STYLE
from pcpbench.report.html.svg import Axis, even_ticks, log_ticks
from pcpbench.simulator.interruptions import Interruption, Interruptions

VOID = {"meta", "br", "hr", "img", "input", "link"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Tree(HTMLParser):
    """Elements with their attributes, and what does not close as it should."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.wrong = [], [], []
        self.feed(text)
        self.wrong += self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(full):
    return render(full, "html", Wishes())


@pytest.fixture(scope="module")
def tree(page):
    return Tree(page)


def test_every_element_is_closed_and_every_id_is_there_once(page, tree):
    assert tree.wrong == []
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    ids = [attributes["id"] for _, attributes, _ in tree.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [a["href"].removeprefix("#") for a in tree.all("a")]
    targets += [s["aria-labelledby"] for s in tree.all("section")]
    assert set(targets) <= set(ids)
    assert len(targets) > 10


def test_nothing_is_fetched_and_nothing_is_run(page, tree):
    names = {name for name, _, _ in tree.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not re.search(r"https?:|url\(|@import|javascript:", page)
    handlers = [a for _, found, _ in tree.elements for a in found if a.startswith("on")]
    assert handlers == []
    assert page.isascii()


def test_names_are_text_and_never_elements(make, whole):
    page = render(whole(make.weird()["hostile names"]), "html", Wishes())
    tree = Tree(page)
    assert tree.wrong == []
    assert "script" not in {name for name, _, _ in tree.elements}
    assert "&lt;script&gt;alert" in page


def test_plots_have_a_label_numbers_on_hover_and_a_table_behind_them(tree):
    plots = tree.all("svg")
    assert len(plots) > 10
    assert all(plot["role"] == "img" and plot["aria-label"] for plot in plots)
    hovers = [path for name, _, path in tree.elements if name == "title" and "svg" in path]
    assert len(hovers) > 50
    figures, details = len(tree.all("figure")), len(tree.all("details"))
    assert 0 < figures <= details
    for _, attributes, _ in tree.elements:
        if attributes.get("role") == "region":
            assert attributes["tabindex"] == "0" and attributes["aria-label"]


def test_tables_say_which_cells_head_rows_and_columns(tree):
    heads = tree.all("th")
    assert {head["scope"] for head in heads} == {"col", "row", "rowgroup"}
    levels = [name for name, _, _ in tree.elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == "h1" and levels.count("h1") == 1
    assert all(int(b[1]) <= int(a[1]) + 1 for a, b in pairwise(levels))


def test_verdicts_are_told_in_words_and_marks_and_not_by_colour_alone(page):
    cells = re.findall(r'<td class="verdict [^"]*">(.*?)</td>', page)
    assert len(cells) > 24
    words = {re.sub("<[^>]*>", " ", cell).split()[-1 if "num" not in cell else 1] for cell in cells}
    assert words  # each has text
    assert all(re.search("better|worse|equivalent|inconclusive|not|differs", c) for c in cells)


def test_verdicts_that_uncertain_numbers_turn_are_marked_and_tabled(full):
    comparisons = list(full.comparisons)
    place = next(i for i, c in enumerate(comparisons) if c.primary)
    comparisons[place] = replace(
        comparisons[place], robust=False, flips=("ipi_send at its low end",)
    )
    page = render(replace(full, comparisons=tuple(comparisons)), "html", Wishes())
    assert page.count('<span class="num">not robust</span>') == 1
    sensitivity = page.split('id="sensitivity"')[1].split("</section>")[0]
    assert "0 of 1 verdicts on primary metrics hold" in sensitivity
    assert "ipi_send at its low end</td>" in sensitivity
    untouched = render(full, "html", Wishes()).split('id="sensitivity"')[1].split("</section>")[0]
    assert "was not examined" in untouched and "<table" not in untouched


def channels(colour):
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def luminance(colour):
    """Relative luminance of WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_from_the_ground(theme):
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[theme]))
    texts = ("ink", "soft", "link", "better", "worse", "equivalent", "undecided", "differs")
    for name in texts:
        assert contrast(colours[name], colours["ground"]) >= 4.5, name
    for name in [f"s{i}" for i in range(8)]:
        assert contrast(colours[name], colours["ground"]) >= 3, name
    assert contrast(colours["ink"], colours["raised"]) >= 7


def test_a_margin_of_nothing_and_a_run_without_primary_metrics_have_pages(make, whole):
    results = make.results(replicates=2)
    for header in ({"primary": ()}, {"margins": {"throughput_pages_per_s": 0.0}}):
        assert Tree(render(whole(results, **header), "html", Wishes())).wrong == []


def interrupted(report, count=40):
    """The report with interruptions of each strategy's first replicate, on two isolated CPUs."""
    found = {}
    for setting in report.settings:
        for label in report.strategies:
            cell = report.cells(setting, label)[0].cell
            pieces = [
                Interruption(
                    cpu,
                    100 * 10**9 + i * (10**12 // count) + cpu,
                    (2_000_000 if cpu == 12 else 9_000_000) + 1000 * i,
                    ("ipi", "kworker", "tick")[i % 3],
                    "drain",
                )
                for cpu in (12, 13)
                for i in range(count)
            ]
            kept = Interruptions(seen=((12, count), (13, count + 5)), kept=tuple(pieces))
            found[setting, label] = (cell, kept)
    return replace(report, interruptions=found)


def test_the_interruptions_of_the_worst_isolated_cpu_are_drawn_over_time(full):
    page = render(interrupted(full), "html", Wishes())
    tree = Tree(page)
    assert tree.wrong == []
    part = page.split('id="moments"')[1].split("</section>")[0]
    assert part.count("<svg") == part.count("<details") == len(full.settings)
    assert "new, CPU 13</text>" in part and "CPU 12" not in part
    assert "in the replicate with seed 1" in part
    assert "The run file keeps the first ones only (old: 40 of 45" in part
    plot = part.split("<svg")[1].split("</svg>")[0]
    stems = sum(path.count("M") for path in re.findall(r'<path d="([^"]*)"', plot))
    assert stems == 40 * len(full.strategies)
    hover = re.search(r"<title>(new, CPU 13, 0 ns to [^<]*)</title>", plot)[1]
    assert re.search(r"interruptions?, .* in all, the longest .* \(\w+, cause drain\)", hover)
    table = part.split("<table")[1].split("</table>")[0]
    assert table.count(">kworker</td>") + table.count(">ipi</td>") + table.count(">tick</td>") == (
        5 * len(full.strategies)
    )
    assert "9.04 us" in table  # the longest of all: 9 us and 39 ns


def test_without_moments_in_the_run_file_there_is_no_timeline(page):
    assert 'id="moments"' not in page


def test_the_thick_line_ends_where_the_stored_interval_of_90_percent_ends(full):
    name = full.header.primary[0]
    comparisons = [
        replace(c, estimate=0.0, low=-8.0, high=8.0, low_90=-4.0, high_90=2.0, margin=1.0)
        for c in full.comparisons
        if c.metric == name
    ]
    drawn = forest(full, full.metrics[name], comparisons)
    thin = re.search(r'<path d="M([\d.]+) 11H([\d.]+)"', drawn)
    thick = re.search(r'<path class="thick" d="M([\d.]+) 11H([\d.]+)"', drawn)
    low, high = (float(end) for end in thin.groups())
    middle, unit = (low + high) / 2, (high - low) / 16
    assert [float(end) for end in thick.groups()] == pytest.approx(
        [middle - 4 * unit, middle + 2 * unit], abs=0.2
    )
    bare = [replace(c, low_90=None, high_90=None) for c in comparisons]
    assert "thick" not in forest(full, full.metrics[name], bare)


def test_a_sweep_gets_curves_with_a_table(make, whole):
    sweeps = tuple((("machine.cpus", n),) for n in (4, 8, 16))
    page = render(whole(make.results(replicates=2, sweeps=sweeps)), "html", Wishes())
    assert "epyc generated over machine.cpus" in page
    swept = page.split('id="sweep"')[1].split("</section>")[0]
    assert swept.count("<polyline") >= 3 * 3 * 2
    assert swept.count("<details") >= 3 * 2


def test_a_large_run_stays_below_two_megabytes(make, whole):
    sweeps = tuple((("machine.cpus", n),) for n in range(56))
    results = make.results(replicates=3, sweeps=sweeps)
    assert len(results) > 1000
    page = render(interrupted(whole(results), count=2000), "html", Wishes())
    assert len(page) < 2_000_000
    assert "88 further settings without plots, to keep this page small" in page


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (-0.3, 0.3, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]), (5, 5, [5])],
)
def test_ticks_are_round(low, high, ticks):
    assert even_ticks(low, high) == pytest.approx(ticks)


def test_logarithmic_ticks_are_powers_of_ten_where_there_is_room_for_no_more():
    assert log_ticks(1, 1e4) == pytest.approx([1, 10, 100, 1000, 10000])
    assert log_ticks(10, 60) == pytest.approx([10, 20, 50])
    assert len(log_ticks(1e-3, 1e30)) <= 9


def test_values_beyond_an_axis_stay_at_its_ends():
    axis = Axis(low=1, high=100, start=0, end=10, log=True)
    assert [axis.at(v) for v in (0, 1, 10, 100, 1e9)] == [0, 0, 5, 10, 10]


def first_pixel(png):
    """Red, green and blue of the pixel at the upper left; no filter of PNG changes it."""
    data, at = b"", 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    return tuple(zlib.decompress(data)[1:4])


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chromium_shows_the_page_in_both_themes(page, tmp_path, theme):
    path, picture = tmp_path / "page.html", tmp_path / "page.png"
    path.write_text(page)
    # 0 prefers dark, 1 light.
    scheme = {"light": 1, "dark": 0}[theme]
    subprocess.run(
        [
            CHROMIUM,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--no-first-run", "--disable-background-networking", "--disable-extensions"),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--blink-settings=preferredColorScheme={scheme}",
            "--window-size=1000,1400",
            f"--screenshot={picture}",
            path.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    ground = re.findall(r"--ground: #([0-9a-f]{6})", STYLE)[0 if theme == "light" else 1]
    assert first_pixel(picture.read_bytes()) == tuple(bytes.fromhex(ground))
