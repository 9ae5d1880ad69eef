"""complete_bash.py FOLDER LINE [all]: what an interactive bash makes of the line when Tab is pressed after it, with
the completions of the folder; with "all", the line with everything that Tab would list. Lines of TYPED are in its
history; RESULT names a file for the answer."""

import os
import pty
import select
import shlex
import sys

folder, line = sys.argv[1:3]
key = "\x1b*" if sys.argv[3:] == ["all"] else "\t"

pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="", INPUTRC="/dev/null")
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])


def wait_for(end):
    text = b""
    while not text.endswith(end):
        if not select.select([terminal], [], [], 60)[0]:
            sys.exit(f"bash printed {text!r}, not {end!r}")
        text += os.read(terminal, 4096)


def type_in(text):
    text = text.encode()
    while text:
        text = text[os.write(terminal, text) :]


# The words waited for are not those that are typed, which the terminal shows, too.
setup = [
    "stty -echo; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; set +o histexpand",
    f". {shlex.quote(folder)}/wscope.bash",
    """show() { printf '%s\\n' "$READLINE_LINE" >"$RESULT"; printf 'SHO''WN'; }; bind -x '"\\C-x": show'""",
    *(f"history -s {shlex.quote(typed)}" for typed in os.environ.get("TYPED", "").splitlines()),
    "printf 'SET''UP'",
]
for command in setup:
    type_in(command + "\n")
wait_for(b"SETUP")
type_in(line + key + "\x18")
wait_for(b"SHOWN")
os.kill(pid, 9)
with open(os.environ["RESULT"], encoding="utf-8") as result:
    print(result.read(), end="")
