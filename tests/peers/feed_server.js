// A numbered feed of the npm package ws: feed_server.js [RATE [PORT [BORN [HOST]]]]: listens on that or a free port and
// prints it. BORN: when it began to count, in ms since 1970, so that it goes on where another that was killed left off.
//
//   /feed[?since=N]  {"id":N,"t":...} at RATE a second (200), from now on or after N; live at once, and after a
//                    message {"since":N[,"epoch":E]} everything behind N again, in order, before it goes on; all
//                    there is if E is not what is in force
//   /drop?every=MS   the same, and the connection is destroyed after so long
//   /since           GET: what lies behind ?since=N: an array; with &form=lines NDJSON, &form=deep {"data":{"items":[...]}}
//   /log             GET: what was asked for so far, as JSON: [{"query":...} or {"message":...}, ...]
//
// SIGUSR1 forgets: the numbers begin at 1 again, under another epoch.

"use strict";

const http = require("http");
const { WebSocketServer } = require("ws");

const rate = Number(process.argv[2] || 200);
const log = [];
let epoch = 1;
let born = Number(process.argv[4] || Date.now());

const latest = () => Math.floor(((Date.now() - born) * rate) / 1000);
const item = (id) => JSON.stringify({ id, epoch: `e${epoch}`, value: id * 7 });

const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const since = Number(url.searchParams.get("since") || 0);
  if (url.pathname === "/since") {
    log.push({ get: url.search });
    const items = [];
    for (let id = since + 1; id <= latest(); id++) items.push(item(id));
    const array = `[${items.join(", ")}]`;
    const form = url.searchParams.get("form");
    response.end(form === "lines" ? items.join("\n") : form === "deep" ? `{"data":{"items":${array}}}` : array);
  } else if (url.pathname === "/log") {
    response.end(JSON.stringify(log));
  } else {
    response.writeHead(426).end("upgrade\n");
  }
});

new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (ws, request) => {
  const url = new URL(request.url, "http://localhost");
  const mine = epoch;
  const given = url.searchParams.get("since");
  let next = given ? Number(given) + 1 : latest() + 1;

  log.push({ query: url.search });
  const send = () => {
    while (mine === epoch && next <= latest() && ws.bufferedAmount < 1 << 20) ws.send(item(next++));
  };
  const timer = setInterval(send, 5);
  send();
  ws.on("message", (data) => {
    log.push({ message: String(data) });
    const asked = JSON.parse(data);
    next = asked.epoch && asked.epoch !== `e${epoch}` ? 1 : asked.since + 1;
    send();
  });
  ws.on("close", () => clearInterval(timer));
  const every = url.searchParams.get("every");
  if (every) setTimeout(() => ws.terminate(), Number(every));
});

process.on("SIGUSR1", () => {
  epoch++;
  born = Date.now();
});

server.listen(Number(process.argv[3] || 0), process.argv[5] || "127.0.0.1", () => console.log(`port ${server.address().port}`));
