#!/usr/bin/python3
"""terminal_svg.py TITLE <CAPTURE >PICTURE: what `tmux capture-pane -e -p` wrote, as an SVG.

Text stays text. Each run of one style is as wide as its columns, whatever font the viewer has.
"""

import html
import re
import sys
import unicodedata

COLUMN, LINE, SIZE, MARGIN, BAR = 8.4, 19, 14, 16, 34
BACKGROUND, FOREGROUND = "#16191f", "#d7dae0"
COLOURS = "#3b4048 #e5686f #8cc570 #e3b968 #62a8ea #c383dc #58b6c0 #d7dae0".split()
BRIGHT = "#7d8590 #f08a90 #a9db90 #f0cf8c #8bc1f5 #d7a5ea #80cfd8 #ffffff".split()


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.colour = self.back = None
        self.bold = self.dim = self.italic = self.underline = self.reverse = False

    def apply(self, codes):
        """The parameters of one SGR sequence (ECMA-48, section 8.3.117)."""
        codes = [int(code or 0) for code in codes.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 2, 3, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code in (23, 24, 27):
                setattr(self, {23: "italic", 24: "underline", 27: "reverse"}[code], False)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.colour = (BRIGHT if code >= 90 else COLOURS)[code % 10]
            elif 40 <= code <= 47:
                self.back = COLOURS[code % 10]
            elif code == 39:
                self.colour = None
            elif code == 49:
                self.back = None
            else:
                sys.exit(f"terminal_svg.py: SGR {code} is not known")

    def attributes(self):
        front, back = self.colour or FOREGROUND, self.back
        if self.reverse:
            front, back = back or BACKGROUND, self.colour or FOREGROUND
        text = f' fill="{front}"' if front != FOREGROUND else ""
        text += ' font-weight="bold"' if self.bold else ""
        text += ' opacity="0.6"' if self.dim else ""
        text += ' font-style="italic"' if self.italic else ""
        text += ' text-decoration="underline"' if self.underline else ""
        return text, back


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def draw_line(line, y, style):
    x, out = 0, []
    for codes, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
        if not text:
            style.apply(codes)
            continue
        width = columns(text)
        attributes, back = style.attributes()
        left = MARGIN + x * COLUMN
        if back:
            out.append(f'<rect x="{left:g}" y="{y - LINE + 5}" width="{width * COLUMN:g}" height="{LINE}" fill="{back}"/>')
        shown = text.rstrip()
        if shown:
            lead = len(shown) - len(shown.lstrip())
            shown = shown.lstrip()
            out.append(
                f'<text x="{left + lead * COLUMN:g}" y="{y}" textLength="{columns(shown) * COLUMN:g}"{attributes}>'
                f"{html.escape(shown, quote=False)}</text>"
            )
        x += width
    return x, out


def main():
    title = html.escape(sys.argv[1])
    lines = sys.stdin.read().rstrip("\n").split("\n")
    style, body, width = Style(), [], 60
    for i, line in enumerate(lines):
        x, out = draw_line(line, BAR + MARGIN + i * LINE + 8, style)
        width = max(width, x)
        body += out
    w, h = round(width * COLUMN + 2 * MARGIN), BAR + len(lines) * LINE + 2 * MARGIN - 8
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{w}" height="{h}" rx="8" fill="{BACKGROUND}"/>\n'
        + "".join(
            f'<circle cx="{20 + 20 * i}" cy="18" r="6" fill="{colour}"/>\n'
            for i, colour in enumerate(("#e5686f", "#e3b968", "#8cc570"))
        )
        + f'<g font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{SIZE}"'
        f' fill="{FOREGROUND}" xml:space="preserve">\n' + "\n".join(body) + "\n</g>\n</svg>"
    )


if __name__ == "__main__":
    main()
