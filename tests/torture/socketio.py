"""A Socket.IO server for polling alone, which sends each event back; a WebSocket it refuses."""

import http.server
import json
import queue
import secrets
import threading
import urllib.parse

SEPARATOR = "\x1e"  # between the packets of a body
LIMITS = {"upgrades": ["websocket"], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 100000}
sessions = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, text, status=200):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self):
        self.answer('{"code":3,"message":"Bad request"}', 400)

    def session(self):
        """The packets that wait for the client of this request; None: there is no such session."""
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.sid = asked.get("sid", [None])[0]
        return sessions.get(self.sid) if asked.get("transport") == ["polling"] else None

    def do_GET(self):
        waiting = self.session()
        if waiting is not None:
            packets = [waiting.get()]
            while not waiting.empty():
                packets.append(waiting.get())
            self.answer(SEPARATOR.join(packets))
        elif self.sid or "transport=polling" not in self.path:
            self.refuse()
        else:
            sid = secrets.token_urlsafe(12)
            sessions[sid] = queue.Queue()
            self.answer("0" + json.dumps({"sid": sid, **LIMITS}))

    def do_POST(self):
        waiting = self.session()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if waiting is None:
            self.refuse()
            return
        for packet in body.split(SEPARATOR):
            if packet.startswith("40"):
                waiting.put('40{"sid":"torture"}')
            elif packet.startswith("42"):
                waiting.put(packet)
            elif packet.startswith(("1", "41")):
                waiting.put("6")  # lets the poll that is held end
        self.answer("ok")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):  # a client that leaves
        pass


def serve():
    """Serves in the background; the port."""
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port
