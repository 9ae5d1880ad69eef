// Well-known clients through wscope proxy, side by side, while their connections fail and 25 s of attempts are refused:
//
//   proxy_clients.js PORT OUTAGE RUN CLIENT,... FAULT,...
//
// PORT is that of proxy_servers.js; OUTAGE and RUN are seconds, of the run after the faults begin. There is a proxy for
// each fault and a connection for each client and fault, each client from an address of its own, so that the proxy can
// attribute connections that it refuses. "all" clients are those without a browser. Prints a table of what the reports
// say, then a line "not so: ..." for each thing that is not as it should be.

"use strict";

const http = require("http");
const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");
const ws = require("ws");

const [port, outage, seconds_of_run, wanted_clients, wanted_faults] = process.argv.slice(2);
// When the faults begin. A browser takes longer to open its pages.
const START = wanted_clients.includes("page") ? 12 : 3;
const run = `${Number(seconds_of_run) + START}`;

// What is read below follows from each client's documentation: what it does by default once it is asked to come back.
// preset, backoff: what the report has to name; deaf: no heartbeat, so that silence is not noticed.
const clients = {
  "socket.io4": {
    package: "socket.io-client",
    preset: "socket.io",
    start(to) {
      const socket = require("socket.io-client")(to.http, { path: "/socket.io4/", ...to.socket_io });
      socket.on("connect", () => socket.emit("subscribe", "a"));
    },
  },
  "socket.io2": {
    package: "socket.io-client-2",
    preset: "socket.io",
    start(to) {
      const socket = require("socket.io-client-2")(to.http, { path: "/socket.io2/", ...to.socket_io });
      socket.on("connect", () => socket.emit("subscribe", "a"));
    },
  },
  rws: {
    package: "reconnecting-websocket",
    preset: "reconnecting-websocket",
    deaf: true,
    start(to) {
      const ReconnectingWebSocket = require("reconnecting-websocket");
      const socket = new ReconnectingWebSocket(`${to.ws}/rws`, [], { WebSocket: to.WebSocket });
      socket.onopen = () => socket.send('{"op":"subscribe","topic":"a"}');
    },
  },
  phoenix: {
    package: "phoenix",
    preset: "phoenix",
    start(to) {
      const { Socket } = require("phoenix");
      const socket = new Socket(`${to.ws}/phoenix`, { transport: to.WebSocket, heartbeatIntervalMs: 1000 });
      socket.connect();
      socket.channel("room:a", {}).join();
    },
  },
  signalr: {
    package: "@microsoft/signalr",
    preset: "signalr",
    start(to) {
      const { HubConnectionBuilder, HttpTransportType, LogLevel } = require("@microsoft/signalr");
      const hub = new HubConnectionBuilder()
        .withUrl(`${to.http}/signalr`, { skipNegotiation: true, transport: HttpTransportType.WebSockets, WebSocket: to.WebSocket })
        .withAutomaticReconnect()
        .withServerTimeout(3000)
        .withKeepAliveInterval(1000)
        .configureLogging(LogLevel.None)
        .build();
      hub.onreconnected(() => hub.send("subscribe", "a"));
      hub.start().then(() => hub.send("subscribe", "a"));
    },
  },
  "graphql-ws": {
    package: "graphql-ws-6",
    preset: "graphql-ws",
    start(to) {
      const { createClient } = require("graphql-ws-6");
      let socket, timer;
      // The recipe of its documentation for noticing silence.
      const client = createClient({
        url: `${to.ws}/graphql-ws`,
        webSocketImpl: to.WebSocket,
        keepAlive: 1000,
        shouldRetry: () => true,
        on: {
          opened: (opened) => (socket = opened),
          ping: (received) => {
            if (!received) timer = setTimeout(() => client.terminate(), 1500);
          },
          pong: (received) => received && clearTimeout(timer),
        },
      });
      client.subscribe({ query: "subscription { ticks }" }, { next() {}, error() {}, complete() {} });
    },
  },
  actioncable: {
    package: "@rails/actioncable",
    also: "reconnecting-websocket", // three waits of 6 to 11 s may be within its own
    start(to) {
      const { createConsumer, adapters } = require("@rails/actioncable");
      adapters.WebSocket = to.WebSocket;
      createConsumer(`${to.ws}/actioncable`).subscriptions.create("AChannel", {});
    },
  },
  mqtt: {
    package: "mqtt",
    backoff: "fixed",
    start(to) {
      const options = { keepalive: 1, wsOptions: { localAddress: to.address } };
      const client = require("mqtt").connect(`${to.ws}/mqtt`, options);
      client.on("error", () => {});
      client.subscribe("a");
    },
  },
  stomp: {
    package: "@stomp/stompjs",
    backoff: "fixed",
    start(to) {
      const { Client } = require("@stomp/stompjs");
      const client = new Client({
        webSocketFactory: () => new to.WebSocket(`${to.ws}/stomp`, ["v12.stomp"]),
        discardWebsocketOnCommFailure: true,
        heartbeatIncoming: 1000,
        heartbeatOutgoing: 1000,
      });
      client.onConnect = () => client.subscribe("/topic/a", () => {});
      client.activate();
    },
  },
  centrifuge: {
    package: "centrifuge",
    also: "default", // but for half a second, its waits are the same
    start(to) {
      const { Centrifuge } = require("centrifuge");
      const client = new Centrifuge(`${to.ws}/centrifuge`, { websocket: to.WebSocket, maxServerPingDelay: 1000 });
      client.on("error", () => {});
      client.newSubscription("a").subscribe();
      client.connect();
    },
  },
  page: {
    backoff: "exponential",
    start(to) {
      http.request(`${to.browser.url}/json/new?${encodeURIComponent(`${to.http}/page.html`)}`, { method: "PUT" }).end();
    },
  },
  websockets: {
    start(to) {
      to.python.stdin.write(`${to.ws}/websockets ${to.address}\n`);
    },
  },
};

const name_of = (report) => Object.keys(clients).find((name) => report.path.startsWith(`/${name}`));

const refuse = `refuse@${START}s+${outage}s`;
const faults = {
  rst: [`rst@${START}s`, refuse],
  fin: [`fin@${START}s`, refuse],
  blackhole: [`blackhole@${START}s+16s`, refuse],
  "status:503": [`rst@${START}s`, `status:503,retry-after=2@${START}s+${outage}s`],
  "close:1012": [`close:1012@${START}s`, refuse],
};

// Action Cable asks the page whether it is visible.
globalThis.document = { visibilityState: "visible" };
globalThis.addEventListener = globalThis.removeEventListener = () => {};
require("@rails/actioncable").adapters.logger = { log() {} };

function target(proxy_port, number, { python, browser }, fault) {
  const address = `127.0.0.${10 + number}`;
  class WebSocket extends ws.WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { localAddress: address });
      this.on("error", () => {});
    }
  }
  const agent = new http.Agent({ localAddress: address });
  // A status refuses upgrades; by polling they would be back at once.
  const transports = fault === "status:503" ? ["websocket"] : ["polling", "websocket"];
  const socket_io = { agent, transports, forceNew: true };
  return { address, WebSocket, socket_io, python, browser, ws: `ws://127.0.0.1:${proxy_port}`, http: `http://127.0.0.1:${proxy_port}` };
}

// The lines of a program's standard output.
function* whole_lines(state, chunk) {
  state.text += chunk;
  for (let end; (end = state.text.indexOf("\n")) >= 0; state.text = state.text.slice(end + 1)) yield state.text.slice(0, end);
}

function start_python() {
  const script = path.join(__dirname, "proxy_client.py");
  const python = spawn(process.env.PYTHON3 || "/usr/bin/python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve) => python.stdout.once("data", () => resolve(python)));
}

const CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-breakpad", "--disable-dev-shm-usage", "--remote-debugging-port=0",
  "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"];

// A browser, and the address at which it opens pages; null where there is none.
function start_browser() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wscope-page."));
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
  const browser = spawn(process.env.CHROMIUM || "chromium", [...CHROMIUM, `--user-data-dir=${folder}/profile`, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"], env });
  // Its other processes write there until they have ended.
  const stop = () =>
    new Promise((resolve) => {
      browser.on("close", () => resolve(fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20 })));
      browser.kill();
    });
  let text = "";

  return new Promise((resolve) => {
    browser.on("error", () => resolve(null));
    browser.stderr.on("data", (chunk) => {
      text += chunk;
      const [, address] = /listening on ws:\/\/([^/]+)\//.exec(text) || [];
      if (address) resolve({ url: `http://${address}`, stop });
    });
  });
}

// A proxy with a fault; each of the names connects through it at once. The report.
function grade(fault, names, programs) {
  const [program, ...words] = (process.env.WSCOPE || "wscope").split(" ");
  const specs = faults[fault].flatMap((spec) => ["--fault", spec]);
  const arguments_ = ["proxy", "-n", "--json", "--for", run, ...specs, "0", `ws://127.0.0.1:${port}`];
  const proxy = spawn(program, [...words, ...arguments_], { stdio: ["ignore", "pipe", "pipe"] });
  const state = { text: "" };
  let report, errors = "", begun = false;

  // The address, before anything else.
  proxy.stderr.on("data", (chunk) => {
    errors += chunk;
    const [, proxy_port] = /^ws:.*:(\d+)\n/.exec(errors) || [];
    if (!proxy_port || begun) return;
    begun = true;
    names.forEach((name, i) => clients[name].start(target(proxy_port, i, programs, fault)));
  });
  proxy.stdout.on("data", (chunk) => {
    for (const line of whole_lines(state, chunk)) {
      const event = JSON.parse(line);
      if (event.event === "report") report = event;
    }
  });
  proxy.on("error", (error) => (errors += error));
  return new Promise((resolve) => proxy.on("close", (code) => resolve({ fault, report, code, errors })));
}

// --- what came of it ---------------------------------------------------------------------------------------------

const seconds = (ms) => (ms === null || ms === undefined ? "-" : `${(ms / 1000).toFixed(1)}`);
const wrong = [];
const expect = (condition, ...words) => condition || wrong.push(words.join(" "));

function judge(name, fault, c) {
  const { preset, also = null, backoff, deaf } = clients[name];
  const what = `${name} × ${fault}`;

  if (!c) return expect(false, what, "is not in the report");
  if (deaf && fault === "blackhole") {
    expect(c.outages.length === 0, what, "has no heartbeat, but lost its connection");
    return expect(c.faults[0] && c.faults[0].noticed_ms === null, what, "has no heartbeat, but noticed");
  }
  expect(c.faults.length > 0 && c.faults[0].noticed_ms !== null, what, "has not noticed");
  expect(c.outages.length === 1, what, "had", c.outages.length, "outages");
  expect(c.outages[0] && c.outages[0].back_ms !== null, what, "has not come back");
  expect(c.resubscribed === null || c.missing.length === 0, what, "has not subscribed again:", JSON.stringify(c.missing));
  expect(c.gave_up_after === null, what, "is said to have given up");
  expect(c.double_ms < 100, what, "is said to have had two connections for", c.double_ms, "ms");
  expect(c.up_lost === null || c.up_lost === 0, what, "is said to have lost", c.up_lost, "messages");
  if (c.outages[0] && c.outages[0].delays_ms.length >= 3) {
    expect(!preset || c.preset === preset, what, "is said to be", c.preset || c.backoff, "with", c.outages[0].delays_ms.join(" "));
    expect(preset || c.preset === also || c.preset === null, what, "is said to be", c.preset, "with", c.outages[0].delays_ms.join(" "));
    expect(!backoff || c.backoff === backoff, what, "is said to be", c.backoff, "with", c.outages[0].delays_ms.join(" "));
  }
  if (fault === "status:503") expect(c.retry_after !== null, what, "has nothing to say about Retry-After");
}

function row(name, fault, c) {
  if (!c) return [name, fault, "-"];
  const o = c.outages[0] || { delays_ms: [] };
  const noticed = c.faults.length ? seconds(c.faults[0].noticed_ms) : "-";
  const sure = c.confidence === null ? "" : ` ${c.confidence.toFixed(2)}`;
  const subscribed = c.resubscribed === null ? "-" : `${c.resubscribed}/${c.subscriptions}`;
  const delays = o.delays_ms.map((ms) => (ms / 1000).toFixed(1)).join(" ");
  return [name, fault, noticed, seconds(o.back_ms), `${c.preset || c.backoff || "-"}${sure}`, c.jitter || "-", `${c.hammer}`,
    c.retry_after || "-", subscribed, delays.slice(0, 40)];
}

function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => (cells[i] || "").length)));
  for (const cells of rows) console.log(cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
}

// All of it at the beginning: the faults begin soon after their proxies.
function load(names) {
  for (const name of names) if (clients[name].package) require(clients[name].package);
}

async function main() {
  const most = Object.keys(clients).filter((name) => name !== "page");
  let names = wanted_clients === "all" ? most : wanted_clients.split(",");
  load(names);
  const kinds = wanted_faults === "all" ? Object.keys(faults) : wanted_faults.split(",");
  const python = names.includes("websockets") && (await start_python());
  const browser = names.includes("page") && (await start_browser());
  if (browser === null) {
    console.log("there is no chromium for the page");
    names = names.filter((name) => name !== "page");
  }
  const rows = [["client", "fault", "noticed", "back", "back-off", "jitter", "hammer", "Retry-After", "again", "delays"]];
  const results = await Promise.all(kinds.map((fault) => grade(fault, names, { python, browser })));

  for (const name of names) {
    for (const { fault, report, code, errors } of results) {
      if (!report) expect(false, fault, "without a report: exit", code, errors);
      const found = report && report.clients.filter((c) => name_of(c) === name);
      expect(!found || found.length < 2, name, "×", fault, "is", found && found.length, "clients");
      judge(name, fault, found && found[0]);
      rows.push(row(name, fault, found && found[0]));
    }
  }
  if (process.env.REPORTS) fs.writeFileSync(process.env.REPORTS, JSON.stringify(results, null, 1));
  table(rows);
  for (const text of wrong) console.log(`not so: ${text}`);
  if (python) python.kill();
  if (browser) await browser.stop().catch(() => {});
  process.exit(wrong.length ? 1 : 0);
}

for (const kind of ["unhandledRejection", "uncaughtException"]) {
  process.on(kind, (error) => process.env.NOISY && console.error(error));
}
main();
