"""Draws refused share over offered load: what was measured with its 99.9 % interval, the model that fits, and plain Erlang B. Used by prove_sizing.py."""

import pathlib

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 60, 20, 40, 50
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 420" role="img">
<style>
text { font: 12px system-ui, sans-serif; fill: #1c2430; } .grid { stroke: #d5dbe3; } .model { fill: none; stroke: #2257a8; stroke-width: 1.5; }
.erlang { fill: none; stroke: #66707f; stroke-dasharray: 4 4; } .seen { stroke: #b8431f; stroke-width: 1.5; } .dot { fill: #b8431f; }
@media (prefers-color-scheme: dark) { svg { background: #14181f; } text { fill: #e6eaf0; } .grid { stroke: #38414e; } .model { stroke: #7fb0f5; }
  .erlang { stroke: #9aa5b4; } .seen { stroke: #f08a63; } .dot { fill: #f08a63; } }
</style>
"""


def write(file: pathlib.Path, title: str, rows: list[dict]) -> None:
    most_load = 1.1 * max(row["load"] for row in rows)
    most_share = 1.2 * max(max(row["share"], row["model"]) for row in rows)

    def x(load: float) -> float:
        return LEFT + load / most_load * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - max(0.0, min(share / most_share, 1.0)) * (HEIGHT - TOP - BOTTOM)

    def line(kind: str, member: str) -> str:
        return f'<polyline class="{kind}" points="{" ".join(f"{x(r["load"]):.1f},{y(r[member]):.1f}" for r in rows)}"/>\n'

    text = HEAD + f"<title>{title}: refused share over offered load</title>\n"
    for step in range(6):
        share, load = most_share * step / 5, most_load * step / 5
        text += (f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>'
                 f'<text x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{100 * share:.1f} %</text>'
                 f'<text x="{x(load):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{load:.1f}</text>\n')
    text += line("erlang", "erlang") + line("model", "model")
    for row in rows:
        low, high = row["share"] - 3.29 * row["error"], row["share"] + 3.29 * row["error"]
        text += (f'<line class="seen" x1="{x(row["load"]):.1f}" x2="{x(row["load"]):.1f}" y1="{y(low):.1f}" y2="{y(high):.1f}"/>'
                 f'<circle class="dot" cx="{x(row["load"]):.1f}" cy="{y(row["share"]):.1f}" r="3.5"/>\n')
    text += (f'<text x="{LEFT}" y="16">{title}</text>\n'
             f'<text x="{LEFT}" y="32">refused, measured with 99.9 % interval; line: the model; dashed: plain Erlang B of all slots</text>\n'
             f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">offered load in erlangs</text>\n</svg>\n')
    file.write_text(text)
