// The official client of Phoenix channels, against the URL given: what tests/peers/phoenix_server.js does is what it
// expects.

"use strict";

const { WebSocket } = require("ws");

globalThis.window = globalThis;
const { Socket } = require("phoenix");

const socket = new Socket(process.argv[2], { transport: WebSocket });
const channel = socket.channel("room:1", {});

function answer(push, name) {
  return new Promise((resolve) => {
    push.receive("ok", (r) => resolve(`${name} ok ${r instanceof ArrayBuffer ? Buffer.from(r).toString("hex") : JSON.stringify(r)}`));
    push.receive("error", (r) => resolve(`${name} error ${JSON.stringify(r)}`));
    push.receive("timeout", () => resolve(`${name} timeout`));
  });
}

async function main() {
  socket.connect();
  console.log(await answer(channel.join(), "join"));
  const shout = new Promise((resolve) => channel.on("shout", resolve));
  console.log(await answer(channel.push("shout", { x: 1 }), "shout"));
  console.log(`event ${JSON.stringify(await shout)}`);
  console.log(await answer(channel.push("fail", {}), "fail"));
  console.log(await answer(channel.push("bytes", {}), "bytes"));
  process.exit(0);
}

main();
