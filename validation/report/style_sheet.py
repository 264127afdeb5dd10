"""The report's style sheet: readable on a phone, on a desk, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --soft: #5b5b5b; --line: #d9d9d9; --accent: #0072B2; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.2rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.4rem 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; padding-bottom: 0.2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1rem 0 0.3rem; }
p { margin: 0.5rem 0; }
.data, .small, figcaption { color: var(--soft); }
.small, figcaption { font-size: 0.86rem; }
.verdict { border-left: 5px solid var(--accent); padding: 0.1rem 0 0.4rem 1rem; margin-top: 1.2rem; }
.verdict h2 { border: 0; margin-top: 0.4rem; }
.headline { font-size: 1.25rem; font-weight: 600; }
figure { margin: 1.4rem 0; }
figure img { height: auto; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.8rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.28rem 0.7rem 0.28rem 0; border-bottom: 1px solid #ececec; }
th { color: var(--soft); font-weight: 600; }
td { white-space: nowrap; }
td:has(.mark) { white-space: normal; min-width: 13rem; }
#explorer { margin: 1rem 0 1.6rem; padding: 0.8rem 1rem; background: #fafafa; border: 1px solid #ececec; }
#explorer-bar { position: sticky; top: 0; z-index: 1; padding: 0.4rem 0; background: #fafafa; }
#explorer input { width: min(26rem, 60%); vertical-align: middle; margin: 0 0.6rem; accent-color: var(--accent); }
#explorer output { font-variant-numeric: tabular-nums; }
#explorer-panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.4rem 1rem; }
.explorer-panel h3 { margin: 0.6rem 0 0.2rem; }
.explorer-panel svg { width: 100%; background: #fff; display: block; }
.explorer-panel p { font-size: 0.8rem; color: var(--soft); min-height: 4.8em; }
#explorer-legend span { display: inline-block; margin-right: 1rem; padding-left: 0.4rem; border-left: 0.7rem solid; }
.theory td { white-space: normal; min-width: 9rem; }
.theory td .small { font-size: inherit; }
.columns td + td, .wrapped td + td { white-space: normal; overflow-wrap: anywhere; }
.mark::before { content: ""; display: inline-block; width: 0.65em; height: 0.65em; margin-right: 0.45em; }
.mark.good::before { background: #009E73; border-radius: 50%; }
.mark.near::before { background: #E69F00; transform: rotate(45deg); }
.mark.open::before { border: 2px solid #0072B2; border-radius: 50%; }
.mark.bad::before { background: #D55E00; }
pre { background: #f5f5f5; padding: 0.7rem 0.9rem; overflow-x: auto; border-radius: 4px; font-size: 0.88rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 0 2rem; }
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  figure, tr, .verdict, .whole { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  figure img { min-width: 0 !important; }
  table { font-size: 7.5pt; }
  th, td { padding: 0.16rem 0.6rem 0.16rem 0; }
  td:has(.mark) { min-width: 9rem; }
  .interactive { display: none; }
}
"""
