#!/usr/bin/python3
"""README's samples, typed into a terminal: readme.py README SOCKET types each command of its console blocks, and of the
shell blocks that a block of output follows, into a shell in a terminal of tmux (80 columns, on that socket), and
compares what appears with what README shows. Numbers, times, keys and bars may differ; a line '...' is any lines.

The environment is that of the shell: wscope is found in PATH. SLOW multiplies time limits.
"""

import os
import random
import re
import shlex
import socket
import subprocess
import sys
import time

# Commands with these parts are not typed, and why.
NOT_TYPED = {
    "./bootstrap": "it builds",
    "PATH=": "the test has its own",
    "example.com": "there is no such server; tests/wire and tests/peers have servers with these faults",
}
# Each sample may be seen this often: chance decides how long a wait is, and so whether anything was missed.
ATTEMPTS = 4
LIMIT = 40 * int(os.environ.get("SLOW", "1"))
# The lines at the prompt of wscope; its output above it, and the shell's prompt.
TYPED = re.compile(r"(?:\$|ws://\S+>) (.+)")


def blocks(text):
    """The lines of commands and their output as a terminal shows them, and whether the last must succeed."""
    shell = None
    for kind, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        if kind == "" and shell:
            yield shell + body.splitlines(), True
        elif kind == "console" or body.startswith("$ "):
            yield body.splitlines(), False
        shell = None
        if kind == "sh":
            shell = ["$ " + line for line in re.split(r"(?<!\\)\n", body.strip())]
            shell = "\n".join(shell).splitlines()


def samples(lines):
    """[what is typed, what the terminal shows of it and after it] for each command of a block."""
    result = []
    more = False
    for line in lines:
        if line.startswith("$ "):
            result.append([[line[2:]], [line]])
        else:
            shown = result[-1][1]
            found = TYPED.fullmatch(line)
            if more:
                result[-1][0][-1] += "\n" + line
            elif found:
                result[-1][0].append(found[1])
            shown.append(line)
        more = line.endswith("\\")
    return result


def masked(text):
    """The text without what differs from run to run."""
    text = re.sub(r"\\\n(> )?", "", text)
    text = re.sub(r"(Sec-WebSocket-(?:Key|Accept):) \S+", r"\1 K", text)
    text = re.sub(r"[▁-▏]+", "", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "T", text)
    text = re.sub(r"\d+(?: \d{3})*(?:\.\d+)?", "N", text)
    text = re.sub(r"N (µs|ms|s|min)\b", "N s", text)
    text = re.sub(r"N (B|KiB|MiB|GiB)\b", "N B", text)
    text = re.sub(r"N–N \(N\)", "N (N)", text)
    text = re.sub(r"jitter: \w+", "jitter: J", text)
    text = " ".join(text.split())
    # compare explains it where the last poll was too late for the last updates, as it is on a busy machine.
    text = re.sub(r"An update is missed if .*? are not\. ", "", text)
    text = re.sub(r"N s(, N s)+", "N s", text)
    return re.sub(r'(\{"id":N,[^}]*\} ?)+', '{"id":N} ', text).strip()


def pattern(lines):
    pieces = "\n".join(lines) + "\n"
    pieces = re.split(r"^ *\.\.\.\n", pieces, flags=re.M)
    return re.compile(" ?.*? ?".join(re.escape(masked(piece)) for piece in pieces) + r"( ?\$)?", re.S)


class Terminal:
    def __init__(self, name):
        self.name = name
        self.tmux("new-session", "-d", "-x", "80", "-y", "200", "env PS1='$ ' PS2='> ' bash --norc --noprofile")
        self.wait(lambda: self.screen() == "$", "the shell's prompt")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-L", self.name, "-f", "/dev/null", *words], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def screen(self):
        return re.sub(r" +$", "", self.tmux("capture-pane", "-p", "-J"), flags=re.M).strip()

    def enter(self, text):
        for line in text.split("\n"):
            self.tmux("send-keys", "-l", "--", line)
            self.tmux("send-keys", "Enter")

    def wait(self, true, what, limit=LIMIT):
        end = time.monotonic() + limit
        while not true():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.05)

    def at_prompt(self):
        return self.screen().endswith("$")

    def leave(self):
        """End what still runs in the foreground, and begin with an empty screen."""
        for key in (None, "C-c", "C-d", "C-c"):
            if key:
                self.tmux("send-keys", key)
            try:
                self.wait(self.at_prompt, "the shell's prompt", 2 if key else 1)
                break
            except TimeoutError:
                pass
        # What runs in the background may print after it.
        end = time.monotonic() + LIMIT
        while self.screen() != "$":
            if time.monotonic() > end:
                sys.exit(f"the terminal does not become empty:\n{self.screen()}")
            self.enter("clear")
            try:
                self.wait(lambda: self.screen() == "$", "an empty screen", 2)
            except TimeoutError:
                pass


class Ports:
    """Free ports in place of those that README uses."""

    def __init__(self):
        self.free = {}

    def port(self, match):
        while match[0] not in self.free:
            with socket.socket() as sock:
                port = random.randrange(12000, 32000)
                try:
                    sock.bind(("127.0.0.1", port))
                except OSError:
                    continue
                if port not in self.free.values():
                    self.free[match[0]] = port
        return str(self.free[match[0]])

    def replace(self, text):
        # The defaults.
        text = re.sub(r"^wscope serve -q &$", "wscope serve -q 9001 &", text)
        text = re.sub(r"^(wscope proxy .*) (ws://)", r"\1 9002 \2", text, flags=re.S)
        return re.sub(r"\b9[01]\d\d\b", self.port, text)


def in_background(terminal, typed, shown):
    """Its output comes when it likes: before or after the next prompt."""
    terminal.enter(typed[0])
    for line in shown[1:]:
        if not line.startswith("["):
            address = re.compile(re.escape(masked(line)))
            terminal.wait(lambda: address.search(masked(terminal.screen())), line)


def in_foreground(terminal, typed, shown):
    # README may leave out all that a command prints.
    only_typed = len(shown) == len(typed[0].split("\n"))
    end = pattern([*shown, "..."] if only_typed else shown)
    for i, text in enumerate(typed):
        if i > 0:
            # The answer to the line before is there, and the prompt below it.
            before = next(k for k, line in enumerate(shown) if line.endswith("> " + text))
            there = pattern(shown[:before] + [shown[before][: -len(text)]])
            terminal.wait(lambda: there.fullmatch(masked(terminal.screen())), f"the prompt before {text}")
        terminal.enter(text)
    terminal.wait(lambda: end.fullmatch(masked(terminal.screen())), "what README shows")


def see(terminal, ports, typed, shown):
    shown = "\n".join(shown).replace(typed[0], ports.replace(typed[0]), 1).split("\n")
    typed = [ports.replace(text) for text in typed]
    if typed[-1].endswith("&"):
        in_background(terminal, typed, shown)
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            in_foreground(terminal, typed, shown)
            return
        except TimeoutError as missing:
            if attempt == ATTEMPTS:
                sys.exit("\n".join([f"never seen: {missing}", "README shows:", *shown, "the terminal:", terminal.screen()]))
            terminal.leave()


def main(readme, name):
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    with open("prices.wscope", "w", encoding="utf-8") as file:
        script = re.search(r"^\$ cat prices.wscope\n((?:[a-z].*\n)+)", text, re.M)
        file.write(script[1])
    terminal, ports, count = Terminal(name), Ports(), 0
    for lines, succeeds in blocks(text):
        for typed, shown in samples(lines):
            if any(part in typed[0] for part in NOT_TYPED):
                continue
            see(terminal, ports, typed, shown)
            print("seen:", shlex.quote(typed[0]), flush=True)
            count += 1
            if succeeds and shown[-1] is lines[-1]:
                terminal.wait(terminal.at_prompt, "the shell's prompt")
                terminal.enter('echo "ended $?"')
                terminal.wait(lambda: terminal.screen().endswith("ended 0\n$"), "ended 0")
            terminal.leave()
    terminal.tmux("kill-server")
    if count < 12:
        sys.exit(f"README has only {count} samples that can be typed")


main(*sys.argv[1:])
