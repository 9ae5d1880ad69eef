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
        self.rows = []

    def handle_startendtag(self, tag, attrs):
        self.check(tag, attrs)

    def handle_starttag(self, tag, attrs):
        self.check(tag, attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
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


def number(cell):
    """What a cell says: counts with blanks between the thousands, of figures with a point three digits."""
    return float(cell.replace("\u00a0", ""))


# The table of all figures: the first cell names the row, a group has no others.
start = next(i for i, row in enumerate(page.rows) if row[1:] == [c["name"] for c in figures["channels"]])
group, seen = "", set()
WANTED = {
    ("Updates", "shown"): lambda c: c["updates"],
    ("Updates", "missed"): lambda c: c["missed"],
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
if len(sys.argv) > 2:
    told = json.loads(open(sys.argv[2], encoding="utf-8").read())
    for one in (figures, told):
        del one["time"], one["at"]
    assert figures == told, "the page and the line of JSON differ"
print("well-formed")
