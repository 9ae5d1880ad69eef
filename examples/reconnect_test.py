#!/usr/bin/env python3
"""Does an application come back after its connection is lost?

    python3 reconnect_test.py wss://api.example.com my-app --server {url}

Starts wscope proxy in front of the server, then the application with {url} replaced by the proxy's
address; drops its connection, waits until it is back, and looks at the report.
"""
import json
import re
import subprocess
import sys
import threading
import urllib.request


def ask(control, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(control + path, data, timeout=60) as answer:
        return json.load(answer)


def start_proxy(server):
    """The process, its WebSocket address and that of its control API."""
    proxy = subprocess.Popen(["wscope", "proxy", "--control", "0", "127.0.0.1:0", server],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = proxy.stdout.readline().strip()
    for line in proxy.stderr:
        if found := re.match(r"control: (http://\S+)", line):
            # What it prints from now on has to be read, or it waits.
            threading.Thread(target=proxy.stderr.read, daemon=True).start()
            return proxy, url, found[1]
    sys.exit("wscope proxy did not start")


def main(server, *command):
    proxy, url, control = start_proxy(server)
    app = subprocess.Popen([word.replace("{url}", url) for word in command], stdout=subprocess.DEVNULL)
    try:
        while not any(c["connected"] for c in ask(control, "/clients")):
            pass
        # It stays away for a second, so that /wait is there before it returns.
        ask(control, "/drop", {"how": "rst", "for": 1})
        ask(control, "/wait", {"event": "back", "within": 30})
        client = ask(control, "/report")["clients"][0]
        print(f"back after {client['outages'][0]['back_ms']:.0f} ms")
        assert client["connected"] and client["outages"][0]["back_ms"] < 10_000
    finally:
        app.terminate()
        proxy.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
