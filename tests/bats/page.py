"""What must be true of the page of wscope compare --report: page.py FILE [JSON-LINE-FILE].

Well-formed, self-contained, no script that runs; its figures are those of the line of JSON, also where they are read.
"""
import html.parser
import json
import re
import sys

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.figures, self.headings = [], "", []
        self.rows, self.pictures, self.style = [], [], ""

    def handle_startendtag(self, tag, attrs):
        self.check(tag, attrs)

    def handle_starttag(self, tag, attrs):
        self.check(tag, attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
        elif tag == "svg" and ("role", "img") in attrs:
            self.pictures.append({"names": dict(attrs), "texts": {}})
        elif tag in ("title", "desc") and "svg" in self.stack:
            self.text_id = dict(attrs)["id"]
        elif tag == "svg":
            assert ("aria-hidden", "true") in attrs or "svg" in self.stack, "a picture without a name"
        elif tag == "div" and ("class", "bar") in attrs:
            assert ("role", "img") in attrs and "payload" in dict(attrs)["aria-label"], attrs
        if tag not in VOID:
            self.stack.append(tag)

    def check(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute"
        assert not {"src", "href", "onload", "onclick"} & set(names), f"<{tag}> leads elsewhere"
        if tag == "script":
            assert ("type", "application/json") in attrs, "a script that runs"

    def handle_endtag(self, tag):
        assert self.stack and self.stack[-1] == tag, f"</{tag}> closes {self.stack[-3:]}"
        self.stack.pop()

    def handle_data(self, data):
        if "th" in self.stack or "td" in self.stack:
            self.rows[-1][-1] += data
        if self.stack[-1:] == ["script"]:
            self.figures += data
        if self.stack[-1:] == ["style"]:
            self.style += data
        if self.stack[-1:] in (["title"], ["desc"]) and "svg" in self.stack:
            texts = self.pictures[-1]["texts"]
            texts[self.text_id] = texts.get(self.text_id, "") + data
        if self.stack[-1:] in (["h1"], ["h2"]):
            self.headings.append(data)


text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
assert not page.stack, f"not closed: {page.stack}"
assert not re.search(r"https?://(?!127\.0\.0\.1)", text), "mentions another host"
assert not re.search(r"\b(nan|inf)\b", text), "a figure that is none"
figures = json.loads(page.figures)

# Every picture has a title and a description that it names.
assert len(page.pictures) == 2 * len(figures["channels"]) + 1, page.pictures
for picture in page.pictures:
    for relation in ("aria-labelledby", "aria-describedby"):
        assert picture["texts"][picture["names"][relation]], picture
ids = [id for picture in page.pictures for id in picture["texts"]]
assert len(ids) == len(set(ids)), "two texts with one id"
assert ">updates shown</p>" in text, "an axis without a name"


def luminance(colour):
    """Of #rgb or #rrggbb, as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# What is written in a colour can be read, in the light and in the dark.
palettes = [dict(re.findall(r"--(\w+):(#\w+)", root)) for root in re.findall(r":root\{([^}]*)\}", page.style)]
palettes = [palette for palette in palettes if "ink" in palette]
assert len(palettes) == 2
for palette in palettes:
    for name in set(palette) - {"bg", "card", "line", "grid"}:
        for ground in ("bg", "card"):
            assert contrast(palette[name], palette[ground]) >= 4.5, (name, palette[name], ground, palette[ground])


def number(cell):
    """What a cell says: counts with blanks between the thousands, of figures with a point three digits."""
    return float(cell.replace("\u00a0", ""))


# The table of all figures: the first cell names the row, a group has no others.
start = next(i for i, row in enumerate(page.rows) if row[1:] == [c["name"] for c in figures["channels"]])
group, seen = "", set()
WANTED = {
    ("Updates", "shown"): lambda c: c["updates"],
    ("Updates", "missed"): lambda c: c["missed"],
    ("Updates", "before its first or after its last"): lambda c: c["outside"],
    ("Updates", "shown twice"): lambda c: c["duplicates"],
    ("Requests", "requests"): lambda c: c["requests"],
    ("Requests", "connections"): lambda c: c["connections"],
    ("Bytes up", "all, as TCP carried them"): lambda c: c["bytes_up"]["total"],
    ("Bytes up", "HTTP heads"): lambda c: c["bytes_up"]["heads"],
    ("Bytes down", "all, as TCP carried them"): lambda c: c["bytes_down"]["total"],
    ("Bytes down", "payload"): lambda c: c["bytes_down"]["payload"],
    ("Both ways", "of all bytes, the opening"): lambda c: c["opening_up"] + c["opening_down"],
    ("Both ways", "bytes per update, opening aside"): lambda c: c["bytes_per_update"],
    ("Both ways", "segments up"): lambda c: c["segments_up"],
}
for row in page.rows[start + 1:]:
    if len(row) == 1:
        group = row[0]
    for cell, channel in zip(row[1:], figures["channels"]):
        wanted = WANTED.get((group, row[0]))
        if wanted:
            seen.add((group, row[0]))
            assert abs(number(cell) - wanted(channel)) <= 0.006 * wanted(channel), (group, row, channel["name"])
assert seen == set(WANTED), set(WANTED) - seen
for wanted in ("How late", "What was known when", "Bytes per update", "At scale, on paper", "All figures"):
    assert wanted in page.headings, page.headings
for channel in figures["channels"]:
    assert channel["updates"] + channel["missed"] + channel["outside"] == figures["updates"], channel["name"]
if len(sys.argv) > 2:
    told = json.loads(open(sys.argv[2], encoding="utf-8").read())
    for one in (figures, told):
        del one["time"], one["at"]
    assert figures == told, "the page and the line of JSON differ"
print("well-formed")
