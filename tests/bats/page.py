"""What must be true of the page of wscope compare --report: page.py FILE [JSON-LINE-FILE].

Well-formed, self-contained, no script that runs; its figures are those of the line of JSON.
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

    def handle_startendtag(self, tag, attrs):
        self.check(tag, attrs)

    def handle_starttag(self, tag, attrs):
        self.check(tag, attrs)
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
for wanted in ("How late", "What was known when", "Bytes per update", "At scale, on paper", "All figures"):
    assert wanted in page.headings, page.headings
if len(sys.argv) > 2:
    told = json.loads(open(sys.argv[2], encoding="utf-8").read())
    for one in (figures, told):
        del one["time"], one["at"]
    assert figures == told, "the page and the line of JSON differ"
print("well-formed")
