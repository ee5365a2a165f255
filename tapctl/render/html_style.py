"""The style of our pages: the reader's light or dark, narrow screens, and paper with all unfolded."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --paper: #ffffff; --line: #d1d9e0;
  --shade: #f6f8fa; --create: #116329; --update: #7d4e00; --delete: #a40e26; --brake: #6639ba; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --faint: #9198a1; --paper: #0d1117;
    --line: #3d444d;
  --shade: #151b23; --create: #56d364; --update: #e3b341; --delete: #ff938a; --brake: #cbb2ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem; }
code, pre { font: .9em/1.45 ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; }
code { unicode-bidi: isolate; white-space: pre-wrap; background: var(--shade); padding: .1em .3em;
    border-radius: .3em; }
pre { margin: 0; white-space: pre-wrap; unicode-bidi: isolate; }
a { color: inherit; } p { margin: .4rem 0; } ul { margin: .3rem 0; padding-left: 1.4rem; }
.summary { font-size: 1.15rem; } .notice { font-weight: 700; color: var(--update); }
.stops, .refused, .error h2, .failed strong { color: var(--delete); font-weight: 700; }
.brake h2, .skipped strong { color: var(--brake); } .warning h2 { color: var(--update); }
.refused { white-space: pre-wrap; } .wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
th, td:nth-child(3) { overflow-wrap: normal; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .5rem; vertical-align: top; }
.create, .update, .delete { font-weight: 700; white-space: nowrap; }
.create { color: var(--create); } .update { color: var(--update); } .delete { color: var(--delete); }
details { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .8rem; margin: .5rem 0; }
summary { cursor: pointer; font-weight: 600; } small { color: var(--faint); font-weight: 400; }
blockquote { margin: .4rem 0; padding-left: .8rem; border-left: .25rem solid var(--line);
    color: var(--faint); }
dl { margin: .5rem 0 0; } dd { margin: 0 0 .5rem; }
ins, del { display: block; text-decoration: none; padding: 0 .5rem; border-left: .25rem solid; }
ins { color: var(--create); } del { color: var(--delete); }
footer { color: var(--faint); font-size: .9rem; margin-top: 1rem; border-top: 1px solid var(--line); }
@media print { :root { color-scheme: light; --ink: #000; --faint: #333; --paper: #fff; --line: #999;
    --shade: #fff;
  --create: #004d1a; --update: #5a3600; --delete: #7a0016; --brake: #3d1a80; }
  body { max-width: none; padding: 0; font-size: 10pt; } a { text-decoration: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary, h2, dt { break-after: avoid; } tr, li, ins, del { break-inside: avoid;
    } thead { display: table-header-group; } }
"""
