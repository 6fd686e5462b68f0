"""Decides colours, type and spacing of the HTML report, light, dark and on paper."""

# Strategies differ by colour, dash and mark; colours after Okabe & Ito 2008, darkened or
# lightened until they have a contrast of 3:1 with the ground (WCAG 2.1, 1.4.11).
STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --grid: #e4e8ec; --link: #0b5cad; --margin: #dfe7f2;
  --better: #0f7a4f; --worse: #b3401a; --equivalent: #1f5fa8; --undecided: #66707b;
  --differs: #7b3fa0;
  --s0: #4d5661; --s1: #0b66b2; --s2: #c04a00; --s3: #00795a; --s4: #a8437f; --s5: #8a6700;
  --s6: #2b7f9e; --s7: #6d4bb8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --raised: #1d2127; --ink: #e6e9ed; --soft: #a3adb8; --line: #3a414a;
    --grid: #2a3038; --link: #79b8ff; --margin: #26354a;
    --better: #4cc38a; --worse: #ff8f66; --equivalent: #74aef5; --undecided: #9aa4af;
    --differs: #c99bea;
    --s0: #b6bfca; --s1: #5cb0f2; --s2: #ff9d57; --s3: #45c9a0; --s4: #f095c8; --s5: #dfb945;
    --s6: #7fd0ec; --s7: #b79cf5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
header, main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .5rem; border-bottom: 1px solid var(--line);
     padding-bottom: .25rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .4rem; }
p { max-width: 48rem; margin: .5rem 0; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.question { font-size: 1.15rem; color: var(--soft); }
.answer { background: var(--raised); border-left: 4px solid var(--link); padding: .4rem 1.1rem;
          margin: 1rem 0; }
.answer p { max-width: none; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .3rem .6rem; }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap;
         gap: .25rem 1.1rem; }
ul.plain { padding-left: 1.2rem; max-width: 52rem; }
.scroll { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .2rem 0 .4rem; }
th, td { padding: .22rem .7rem; text-align: left; vertical-align: top;
         border-bottom: 1px solid var(--grid); overflow-wrap: break-word; }
th { font-weight: 600; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
.right { text-align: right; white-space: nowrap; }
td.right { font-family: inherit; }
tbody th[scope=row] { font-weight: 400; }
tbody th.group { background: var(--raised); padding-top: .5rem; }
.num { white-space: nowrap; }
.better { color: var(--better); } .worse { color: var(--worse); }
.equivalent { color: var(--equivalent); } .differs { color: var(--differs); }
.inconclusive, .not-judged, .not-compared { color: var(--undecided); }
td.verdict { font-weight: 600; white-space: nowrap; }
td.verdict .num { color: var(--ink); font-weight: 400; display: block; }
figure { margin: .75rem 0 1.25rem; }
figcaption { color: var(--soft); font-size: .9rem; max-width: 48rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(27rem, 100%), 1fr));
        gap: .5rem 1.5rem; }
svg { display: block; width: 100%; height: auto; max-width: 62rem; overflow: visible; }
svg text { fill: var(--ink); font: 12px system-ui, "DejaVu Sans", sans-serif; }
svg .soft { fill: var(--soft); } svg .strong { font-weight: 600; }
svg .grid { stroke: var(--grid); stroke-width: 1; } svg .axis { stroke: var(--soft); }
svg .band { fill: var(--margin); } svg .hit { fill: transparent; }
svg .mark:hover { fill-opacity: .6; } svg .row:hover .hit { fill: var(--grid); }
svg .row path { stroke: currentColor; stroke-width: 1.6; fill: none; }
svg .row path.thick { stroke-width: 5; }
svg .row path.draws { stroke-width: 1; stroke-opacity: .55; }
svg .row circle { fill: currentColor; stroke: currentColor; stroke-width: 2; }
svg .inconclusive circle, svg .not-judged circle, svg .not-compared circle {
  fill: var(--ground);
}
svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
details { margin: .4rem 0 1rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
pre { background: var(--raised); padding: .8rem 1rem; overflow-x: auto; font-size: .82rem; }
code { font-size: .9em; }
footer { color: var(--soft); font-size: .88rem; padding: 2.5rem 1.25rem 3rem; }
@media (max-width: 44rem) { figure { overflow-x: auto; } figure svg { min-width: 30rem; } }
@media print {
  :root { color-scheme: light; }
  body { font-size: 9.5pt; } header, main, footer { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .scroll, pre { overflow: visible; } pre { white-space: pre-wrap; }
  details:not([open]) { display: none; } /* paper shows what the reader has opened */
  .pair { grid-template-columns: 1fr 1fr; } h2 { margin-top: 1.5rem; }
}
"""
COLOURS = 8
DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 2", "1 2", "12 3", "4 4 1 4")


def strategy_colour(place: int) -> str:
    """The colour of the strategy at a place of the report, as a CSS value."""
    return f"var(--s{place % COLOURS})"


def strategy_dash(place: int) -> str:
    """The dash of a strategy's line; strategies beyond the colours still differ by it."""
    return DASHES[(place + place // COLOURS) % len(DASHES)]
