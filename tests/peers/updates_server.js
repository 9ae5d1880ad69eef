// One numbered sequence by socket, event stream and polling: updates_server.js [RATE]: two free ports, printed as
// "port N" (the socket's) and "http N".
//
//   ws   /feed            {"id":N} at RATE a second (50), from the latest on
//   http /feed.json       the last 100 as an array, newest last; ?since=N what lies behind; ETag, gzip if it may
//        /newest.json     the same, newest first, as {"data":{"items":[...]}}
//        /feed.sse        the same as events of the type "tick", behind Last-Event-ID; ?lines=cr for another line end
//        /shut            from now on the socket is refused with 503; /close: its port is closed; /open: neither
//        /cut             every socket is destroyed
//        /log             what was asked for over http so far: a line each

"use strict";

const crypto = require("crypto");
const http = require("http");
const zlib = require("zlib");
const { WebSocketServer } = require("ws");

const rate = Number(process.argv[2] || 50);
const born = Date.now();
const latest = () => 1 + Math.floor(((Date.now() - born) * rate) / 1000);
const item = (id) => JSON.stringify({ id });
const log = [];
let shut = false;

const socket = http.createServer((request, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ noServer: true });
socket.on("upgrade", (request, stream, head) => {
  if (shut) stream.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  else sockets.handleUpgrade(request, stream, head, (ws) => follow(latest(), (id) => ws.send(item(id)), ws));
});

// Call give for each update behind `next` - 1 from now on, until `end` closes.
function follow(next, give, end) {
  const timer = setInterval(() => {
    while (next <= latest()) give(next++);
  }, 10);
  end.on("close", () => clearInterval(timer));
}

function answer(request, response, body) {
  const tag = `"${crypto.createHash("sha1").update(body).digest("hex")}"`;
  response.setHeader("ETag", tag);
  if (request.headers["if-none-match"] === tag) return response.writeHead(304).end();
  if (!/gzip/.test(request.headers["accept-encoding"] || "")) return response.end(body);
  response.setHeader("Content-Encoding", "gzip");
  return response.end(zlib.gzipSync(body));
}

function listed(url) {
  const since = Number(url.searchParams.get("since") || Math.max(0, latest() - 100));
  const items = [];
  for (let id = since + 1; id <= latest(); id++) items.push(item(id));
  return items;
}

function stream(request, response, url) {
  const end = url.searchParams.get("lines") === "cr" ? "\r" : "\n";
  const last = Number(request.headers["last-event-id"] || 0);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(`:hello${end}retry: 100${end}${end}`);
  follow(last ? last + 1 : latest(), (id) => response.write(`event: tick${end}id: ${id}${end}data: ${item(id)}${end}${end}`), response);
}

const port = { socket: 0 };
const plain = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  log.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
  switch (url.pathname) {
    case "/feed.json":
      return answer(request, response, `[${listed(url).join(",\n")}]`);
    case "/newest.json":
      return answer(request, response, `{"data":{"items":[${listed(url).reverse().join(",")}]}}`);
    case "/feed.sse":
      return stream(request, response, url);
    case "/log":
      return response.end(log.join("\n") + "\n");
    case "/cut":
      for (const ws of sockets.clients) ws.terminate();
      return response.end();
    case "/shut":
      shut = true;
      return response.end();
    case "/close":
      return socket.close(() => 0), socket.closeAllConnections(), response.end();
    case "/open":
      shut = false;
      if (socket.listening) return response.end();
      return socket.listen(port.socket, "127.0.0.1", () => response.end());
    default:
      return response.writeHead(404).end("no such path\n");
  }
});

socket.listen(0, "127.0.0.1", () => {
  port.socket = socket.address().port;
  plain.listen(0, "127.0.0.1", () => console.log(`port ${port.socket}\nhttp ${plain.address().port}`));
});
