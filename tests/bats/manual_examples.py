#!/usr/bin/python3
"""The examples of a manual as files: manual_examples.py MANUAL FOLDER.

A literal block behind a comment is one: '.\\" script' a whole script, '.\\" example' the lines of a test behind
connect, '.\\" file NAME' a file that others need. A block without such a comment is none. The files of scripts are
example-LINE.wscope, LINE where the block begins.
"""

import pathlib
import re
import sys

ESCAPES = {r"\e": "\\", r"\(:u": "ü", r"\(dq": '"', r"\&": ""}


def plain(line):
    def one(match):
        if match[0] not in ESCAPES:
            sys.exit(f"{match[0]} in {line!r}: say here what it stands for")
        return ESCAPES[match[0]]

    return re.sub(r"\\(\(..|.)", one, line)


def blocks(lines):
    """(line number, comment, text) of each literal block."""
    comment, text = None, None
    for number, line in enumerate(lines, 1):
        if text is not None:
            if line.startswith(".Ed"):
                yield begin, comment, "".join(plain(each) + "\n" for each in text)
                comment, text = None, None
            else:
                text.append(line)
        elif line.startswith(".Bd -literal"):
            begin, text = number, []
        elif line.startswith('.\\" '):
            comment = line[4:]
        else:
            comment = None


def main(manual, folder):
    count = 0
    for number, comment, text in blocks(pathlib.Path(manual).read_text().splitlines()):
        if comment is None:
            continue
        name = f"example-{number}.wscope"
        if comment == "example":
            text = f"test the example in line {number}\nconnect\n" + text
        elif comment.startswith("file "):
            name = comment[5:]
        elif comment != "script":
            sys.exit(f"line {number}: a block is a script, an example or a file, not a {comment!r}")
        pathlib.Path(folder, name).write_text(text)
        count += name.startswith("example-")
    print(count)


main(*sys.argv[1:])
