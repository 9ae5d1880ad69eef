"""Run a relay for the length of one client's run: what the relay cost is what is measured."""

import os
import re
import signal
import subprocess


class Relay:
    """A program that prints its address, of which the port is last, and relays until SIGTERM."""

    def __init__(self, command, cpu, environment, address_on_stderr=False):
        outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        if address_on_stderr:
            outputs = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self.command = command
        self.program = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, bufsize=0,
                                        preexec_fn=lambda: run_on(cpu), **outputs)
        self.stream = self.program.stderr if address_on_stderr else self.program.stdout
        line = self.stream.readline().decode()
        found = re.search(r"(\d+)/?$", line.strip())
        self.port = found and found.group(1)

    def end(self):
        """(user, system, peak KiB): a relay that was not there to the end measured nothing."""
        peak = self._peak() if self.program.poll() is None else 0
        if peak:
            self.program.send_signal(signal.SIGTERM)
        self.stream.read()
        self.stream.close()
        _, status, used = os.wait4(self.program.pid, 0) if peak else (0, 0, None)
        self.program.returncode = os.waitstatus_to_exitcode(status)
        if self.program.returncode not in (-signal.SIGTERM, 128 + signal.SIGTERM):
            raise RuntimeError(f"{self.command} ended with {self.program.returncode}")
        return used.ru_utime, used.ru_stime, peak

    def _peak(self):
        """Of this program alone: what wait4 knows includes what the process was before it."""
        with open(f"/proc/{self.program.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def run_on(cpu):
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cpu})
