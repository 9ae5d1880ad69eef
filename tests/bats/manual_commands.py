#!/usr/bin/python3
"""The commands of manuals, and the recipes of README, as shell scripts: manual_commands.py FOLDER FILE...

A display with a line that begins with '$ ' is one: 'PAGE-LINE.sh' has its commands, without the prompts '$ ' and '> ',
and 'PAGE-LINE.out' the output that it shows, if any. After a command in the background, 'ready COMMAND' waits until it is of use.
A display of the section EXAMPLES without such a line is an error, and so is one that begins with 'wscope'.
A display that begins with '# ~/.config/wscope/config' is written to 'config'.
"""

import pathlib
import re
import shlex
import sys

ESCAPES = {r"\e": "\\", r"\ ": " ", r"\(dq": '"', r"\&": ""}


def plain(line):
    def one(match):
        if match[0] not in ESCAPES:
            sys.exit(f"{match[0]} in {line!r}: say here what it stands for")
        return ESCAPES[match[0]]

    return re.sub(r"\\(\(..|.)", one, line)


def displays(lines):
    """(line number, section, lines) of each display; .Dl lines that follow each other are one."""
    text, begin, section, literal = None, 0, "", False
    for number, line in enumerate(lines + [""], 1):
        if literal:
            if line.startswith(".Ed"):
                yield begin, section, text
                text, literal = None, False
            else:
                text.append(line)
        elif line.startswith(".Dl "):
            if text is None:
                begin, text = number, []
            text.append(line[4:])
        else:
            if text is not None:
                yield begin, section, text
                text = None
            if line.startswith(".Sh "):
                section = line[4:]
            elif line.startswith(".Bd -literal"):
                begin, text, literal = number, [], True


def recipes(lines):
    """The same of the shell blocks of a numbered list in Markdown, as displays whose commands begin with '$ '."""
    text, more = None, False
    for number, line in enumerate(lines, 1):
        if text is None:
            if re.fullmatch(" +```sh", line):
                begin, text, indent = number, [], len(line) - len("```sh")
        elif line.strip() == "```":
            yield begin, "", text
            text = None
        else:
            text.append(line[indent:] if more else "$ " + line[indent:])
            more = line.endswith("\\")


def script(text):
    """The commands and the output of a display."""
    commands, output, here, more = [], [], None, False
    for line in text:
        if line.startswith("$ "):
            line = line[2:]
        elif line.startswith("> "):
            line = line[2:]
        elif not here and not more:
            output.append(line)
            continue
        commands.append(line)
        if here:
            here = None if line == here else here
            continue
        found = re.search(r"<<'?(\w+)'?", line)
        here = found[1] if found else None
        more = line.endswith(("\\", "|"))
        if line.endswith("&"):
            commands.append(f"ready {shlex.quote(line)}")
    return commands, output


def main(folder, *manuals):
    folder = pathlib.Path(folder)
    for manual in map(pathlib.Path, manuals):
        markdown = manual.suffix == ".md"
        for number, section, text in (recipes if markdown else displays)(manual.read_text().splitlines()):
            if text[0] == "# ~/.config/wscope/config":
                (folder / "config").write_text("\n".join(map(plain, text)) + "\n")
            if not any(line.startswith("$ ") for line in text):
                if section == "EXAMPLES" or text[0].startswith("wscope "):
                    sys.exit(f"{manual}:{number}: no command begins with '$ '")
                continue
            commands, output = script(text if markdown else [plain(line) for line in text])
            name = f"{manual.name}-{number}"
            (folder / f"{name}.sh").write_text("\n".join(commands) + "\n")
            if output:
                (folder / f"{name}.out").write_text("\n".join(output) + "\n")


main(*sys.argv[1:])
