// Clients with one defect each, and one without, through wscope proxy: proxy_defects.js. Each has a server and a proxy of
// its own. What each is expected to do is one list, in which exactly the row of its defect is to fail. Prints a table of
// that, then a line "not so: ..." for each thing that is not as it should be.

"use strict";

const { spawn } = require("child_process");
const { WebSocket, WebSocketServer } = require("ws");

// Longer than a busy machine keeps a client from reading: what is cut was read.
const TICK_MS = 1000;
// Silence that a client takes for a loss: longer than a busy machine keeps it from reading.
const SILENCE_MS = 4000;
const OUTAGE = ["rst@3s", "refuse@3s+6s"];

// --- the server: a numbered feed, which goes on after ?since=N, and a copy of each command -------------------------

function serve() {
  let born; // half a tick before the first client came: no message is under way when a fault strikes after whole seconds
  const latest = () => Math.floor((Date.now() - born) / TICK_MS);
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

  server.on("connection", (ws, request) => {
    born = born || Date.now() - TICK_MS / 2;
    const since = new URL(request.url, "http://h").searchParams.get("since");
    let next = since === null ? latest() + 1 : Number(since) + 1;
    const timer = setInterval(() => {
      while (next <= latest()) {
        ws.send(JSON.stringify({ n: next }));
        next++;
      }
    }, 50);
    ws.on("close", () => clearInterval(timer));
  });
  return new Promise((resolve) => server.on("listening", () => resolve(server)));
}

// --- the client: correct but for its defects -----------------------------------------------------------------------

class Client {
  constructor(url, defects) {
    this.url = url;
    this.defects = defects;
    this.drawn = Math.random();
    this.tries = 0;
    this.opened = 0;
    this.number = 0;
    this.unanswered = [];
    this.late_ms = 0; // the most that an attempt came after its time
    this.connect();
  }

  connect() {
    const from = this.defects.from_the_start ? Math.max(0, this.last - 30) : this.last;
    const ws = new WebSocket(this.last === undefined ? this.url : `${this.url}?since=${from}`, { handshakeTimeout: 2000 });
    let beat, over;
    const end = (retry_after) => {
      if (over) return;
      over = true;
      clearTimeout(beat);
      clearInterval(this.commands);
      ws.terminate();
      this.lost(retry_after);
    };
    const alive = () => {
      clearTimeout(beat);
      if (!this.defects.deaf) beat = setTimeout(end, SILENCE_MS);
    };

    ws.on("open", () => {
      alive();
      this.tries = 0;
      if (this.opened++ === 0 || !this.defects.no_subscription) ws.send('{"op":"subscribe","topic":"news"}');
      if (this.opened > 1 && this.defects.sends_again) this.unanswered.forEach((text) => ws.send(text));
      if (this.opened > 1 && this.defects.two_sockets) this.beside = new WebSocket(this.url).on("error", () => {});
      const begin = Date.now() + 1200;
      this.commands = setInterval(() => {
        if (Date.now() < begin) return;
        const text = JSON.stringify({ op: "say", id: ++this.number });
        this.unanswered = [...this.unanswered.slice(-2), text];
        ws.send(text);
      }, 300);
    });
    ws.on("message", (data) => {
      alive();
      this.last = JSON.parse(data).n;
    });
    ws.on("unexpected-response", (_, response) => end(Number(response.headers["retry-after"]) || 0));
    ws.on("error", () => end());
    ws.on("close", () => end());
  }

  // From 0 to 1, each far from the one before: a few random numbers may look as if there were no jitter.
  chance() {
    return (this.drawn = (this.drawn + 0.618) % 1);
  }

  lost(retry_after = 0) {
    const { defects } = this;
    let wait = 500 * 2 ** Math.min(this.tries++, 3) * (0.5 + this.chance());
    if (defects.no_jitter) wait = 700;
    if (defects.hammers) wait = 20;
    if (defects.gives_up) wait = 300 * (0.5 + this.chance());
    if (defects.gives_up && this.tries > 3) return;
    if (!defects.impatient) wait = Math.max(wait, retry_after * 1000 + 100);
    const due = performance.now() + wait;
    setTimeout(() => {
      this.late_ms = Math.max(this.late_ms, performance.now() - due);
      this.connect();
    }, wait);
  }
}

// --- the runs ----------------------------------------------------------------------------------------------------

const EXPECT =
  "back<20s,noticed<9s,jitter=yes,hammer=0,gave_up=no,double<100ms,resubscribed=all,resumed=right,lost=0,duplicates=0,up_duplicates=0";
// Attempts would be swallowed too, and reach the server when it is over.
const BLACKHOLE = ["blackhole@3s+12s", "refuse@3s+12s"];
const BUSY = ["rst@3s", "status:503,retry-after=4@3s+5s"];

// What is wrong, the faults, and the rows that fail, the first for it, the others because it follows.
const runs = {
  "nothing": { faults: OUTAGE, rows: [] },
  "nothing, silence": { faults: BLACKHOLE, rows: [], without: ["jitter"] },
  "nothing, 503": { faults: BUSY, rows: [], without: ["jitter"], also: "retry_after=obeyed" },
  "no jitter": { defects: { no_jitter: true }, faults: OUTAGE, rows: ["jitter"], punctual: true },
  "no resubscription": { defects: { no_subscription: true }, faults: OUTAGE, rows: ["resubscribed"] },
  "wrong resume point": { defects: { from_the_start: true }, faults: OUTAGE, rows: ["resumed", "duplicates"] },
  "two sockets": { defects: { two_sockets: true }, faults: OUTAGE, rows: ["double"], without: ["duplicates"] },
  "hammering": { defects: { hammers: true }, faults: OUTAGE, rows: ["hammer", "jitter"] },
  "ignores Retry-After": { defects: { impatient: true }, faults: BUSY, rows: ["retry_after"], without: ["jitter"], also: "retry_after=obeyed" },
  "never notices silence": { defects: { deaf: true }, faults: BLACKHOLE, rows: ["noticed"], without: ["jitter", "back", "gave_up", "resubscribed", "resumed", "lost"] },
  "sends again": { defects: { sends_again: true }, faults: OUTAGE, rows: ["up_duplicates"] },
  "gives up": { defects: { gives_up: true }, faults: OUTAGE, rows: ["gave_up", "back"], without: ["jitter", "resubscribed", "resumed", "lost", "up_duplicates"] },
};

function grade({ faults, defects = {}, without = [], also }, server_port) {
  const [program, ...words] = (process.env.WSCOPE || "wscope").split(" ");
  const expect = EXPECT.split(",").filter((row) => !without.includes(row.match(/^\w+/)[0]));
  const arguments_ = ["proxy", "-n", "--tap", "--seq", "/n", "--for", "22", "--identity", "address", "--expect",
    [...expect, ...(also ? [also] : [])].join(","), ...faults.flatMap((spec) => ["--fault", spec]), "0", `ws://127.0.0.1:${server_port}`];
  const proxy = spawn(program, [...words, ...arguments_], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "", errors = "", client;
  const begin = () => {
    const [, port] = /ws:\/\/127\.0\.0\.1:(\d+)\n/.exec(output + errors) || [];
    if (port && !client) client = new Client(`ws://127.0.0.1:${port}/feed`, defects);
  };

  proxy.stdout.on("data", (chunk) => ((output += chunk), begin()));
  proxy.stderr.on("data", (chunk) => ((errors += chunk), begin()));
  proxy.on("error", (error) => (errors += error));
  return new Promise((resolve) => proxy.on("close", (code) => resolve({ code, output, errors, late_ms: client ? client.late_ms : 0 })));
}

// Where waits are to be equal, a machine that made them differ proves nothing: the run is made again.
async function run(name) {
  for (let tries = 1; ; tries++) {
    const server = await serve();
    const result = await grade(runs[name], server.address().port);
    server.close();
    if (!runs[name].punctual || result.late_ms < 40 || tries === 4) return result;
  }
}

async function main() {
  const wrong = [];
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runs);
  const results = await Promise.all(names.map(run));

  names.forEach((name, i) => {
    const { code, output, errors } = results[i];
    const failed = [...output.matchAll(/^not ok \d+ - (\w+)/gm)].map((match) => match[1]);
    const told = errors.split("\n").find((line) => line.includes(`: ${runs[name].rows[0]}`)) || "";
    const { rows } = runs[name];
    const said = errors.replace(/^[^w].*\n/gm, "");
    console.log(name.padEnd(22), failed.join(" ").padEnd(22), told.replace(/^wscope: /, ""));
    if (rows.length ? !failed.includes(rows[0]) : failed.length) wrong.push(`${name}: ${failed.join(" ")}\n${said}`);
    if (failed.some((row) => !rows.includes(row))) wrong.push(`${name} also fails ${failed.join(" ")}\n${said}`);
    if (code !== (rows.length ? 3 : 0)) wrong.push(`${name}: exit ${code}\n${said}`);
  });
  for (const text of wrong) console.log(`not so: ${text}`);
  process.exit(wrong.length ? 1 : 0);
}

main();
