"""How pages look: one style for all, in light and in dark."""

from glassnet.base.colours import LIGHT

LEVELS = 9  # strengths of a colour
# Below 0 and above, as style takes them: red, green, blue.
BLUE, ORANGE = (", ".join(str(n) for n in bytes.fromhex(sign[1:])) for sign in LIGHT.signs)
STRONGEST = 0.55  # of a colour behind a number

PAGE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem;
       color: #1a1a1a; background: #fff; }
h1 { font-size: 1.4rem; line-height: 1.25; }
img { max-width: 100%; }
@media screen and (prefers-color-scheme: dark) { body { color: #eee; background: #16181c; } }
@media (min-width: 75rem) { body { max-width: 88rem; padding: 1rem 1.25rem; } }
"""
# For parts of other pages: a ground and a colour of their own.
PARTS = """
.gn { container-type: inline-size; --line: rgba(128, 128, 128, .35); --follow: #009e73; }
.gn * { box-sizing: border-box; }
.gn h2 { font-size: 1.02rem; line-height: 1.3; margin: .9rem 0 .3rem; overflow-wrap: anywhere; }
.gn .formula { margin: .3rem 0; font: .92rem/1.5 ui-monospace, monospace;
               border-left: 3px solid #0072b2; padding-left: .7rem; overflow-wrap: anywhere; }
.gn .formula div { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.gn p { margin: .2rem 0; font: .88rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.gn .hint { font: .9rem/1.5 system-ui, sans-serif; opacity: .85; }
.gn .arrays { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .3rem 1.4rem; }
.gn figure { margin: .3rem 0; max-width: 100%; min-width: 0; }
.gn figcaption, .gn summary { font-size: .82rem; opacity: .8; }
.gn summary { cursor: pointer; }
.gn .box { overflow-x: auto; max-width: 100%; padding: 3px; }
.gn table { border-collapse: collapse; font: .82rem/1.45 ui-monospace, monospace; margin: 0; }
.gn td, .gn th { padding: .1rem .4rem; text-align: right; white-space: pre; border: 0; }
.gn th { font-weight: 400; font-size: .72rem; opacity: .6; }
.gn table.many { font-size: .75rem; } .gn .many td, .gn .many th { padding: .1rem .22rem; }
.gn .many th { font-size: .68rem; }
.gn td.z { color: rgba(128, 128, 128, .8); }
.gn td.f { outline: 2px solid var(--follow); outline-offset: -1px; font-weight: 700; }
.gn table.named { margin: .4rem 0; }
.gn .named td, .gn .named th { border-bottom: 1px solid var(--line); padding: .2rem .7rem .2rem 0; }
.gn .named td:first-child, .gn .named th:first-child { text-align: left; white-space: pre-wrap;
      min-width: 6rem; }
.gn .named td:nth-child(3):last-child { white-space: normal; }
.gn .named th { font-size: .78rem; opacity: .75; white-space: normal; }
.gn .picture { display: block; width: 14rem; max-width: 100%; height: auto;
               border: 1px solid var(--line); }
.gn .heat { display: block; image-rendering: pixelated; min-width: 12rem; max-width: none; }
.gn .network { display: block; max-width: 100%; height: auto; margin: .4rem 0; }
.gn .network text { fill: currentColor; font: 11px system-ui, sans-serif; }
.gn .bars { display: grid; grid-template-columns: fit-content(45%) 1fr max-content;
            gap: .15rem .7rem; align-items: center; font: .85rem/1.4 ui-monospace, monospace;
            margin: .5rem 0; }
.gn .bars span { overflow-wrap: anywhere; }
.gn .bars .strong { font-weight: 700; }
.gn .track { position: relative; height: 1.05rem; min-width: 3rem;
             background: rgba(128, 128, 128, .12); }
.gn .track i { position: absolute; top: 0; bottom: 0; min-width: 1px; background: #767b84; }
.gn .track b { position: absolute; top: -2px; bottom: -2px; width: 1px; background: currentColor;
               opacity: .5; }
.gn .cell, .gn .parts > section { min-width: 0; border-top: 1px solid var(--line);
            padding-bottom: .5rem; }
.gn .way { font-weight: 700; color: #0072b2; margin-top: 1rem; }
.gn .way::after { content: " ↓"; }
.gn .cell.forward::after, .gn .cell.backward.goes::after { content: "↓"; display: block;
      text-align: center; color: #0072b2; font-weight: 700; line-height: 1; margin-top: .4rem; }
.gn .parts { display: grid; gap: 0 3rem;
             grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
@container (max-width: 30rem) {
  .gn table { font-size: .72rem; } .gn td, .gn th { padding: .1rem .25rem; }
  .gn th { font-size: .66rem; } }
@container (min-width: 60rem) {
  .gn .step { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 2rem; }
  .gn .cell, .gn .way { grid-row: var(--row); }
  .gn .forward { grid-column: 1; } .gn .backward { grid-column: 2; }
  .gn .head, .gn .loss, .gn .update { grid-column: 1 / -1; }
  .gn .way.backward::after { content: " ↑"; }
  .gn .cell.backward.goes::after { content: none; }
  .gn .cell.backward.goes::before { content: "↑"; display: block; text-align: center;
      color: #0072b2; font-weight: 700; line-height: 1; margin-top: .4rem; }
  .gn .two { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 2rem; }
  .gn .two h2 { grid-column: 1 / -1; }
  .gn .loss .right::before { content: "↑"; display: block; text-align: center; color: #0072b2;
      font-weight: 700; line-height: 1; }
}
@media (prefers-color-scheme: dark) { .gn .way, .gn .cell::after, .gn .cell::before,
  .gn .right::before { color: #56b4e9 !important; } .gn .track i { background: #9aa0aa; } }
"""


def _levels() -> str:
    """A class for each strength: o1 to o9 above 0, u1 to u9 below."""
    return "".join(
        f".gn .{name}{level} {{ background: rgba({colour}, {STRONGEST * level / LEVELS:.2f}); }}\n"
        for name, colour in (("o", ORANGE), ("u", BLUE))
        for level in range(1, LEVELS + 1)
    )


PARTS += f".gn .track i.up {{ background: rgb({ORANGE}); }}\n"
PARTS += f".gn .track i.down {{ background: rgb({BLUE}); }}\n"
PARTS += _levels()
