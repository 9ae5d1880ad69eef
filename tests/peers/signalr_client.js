// The official client of SignalR, against the URL given: what tests/peers/signalr_server.js does is what it expects.

"use strict";

const { HubConnectionBuilder, LogLevel } = require("@microsoft/signalr");

async function main() {
  const hub = new HubConnectionBuilder().withUrl(process.argv[2]).configureLogging(LogLevel.None).build();
  const news = new Promise((resolve) => hub.on("news", resolve));
  await hub.start();
  console.log(`sum ${await hub.invoke("Add", 1, 2)}`);
  await hub.invoke("Fail").catch((error) => console.log(`error ${error.message}`));
  await hub.invoke("Say", "hi");
  console.log(`news ${await news}`);
  const items = [];
  await new Promise((complete, error) => hub.stream("Count", 3).subscribe({ next: (i) => items.push(i), complete, error }));
  console.log(`items ${items}`);
  await hub.stop();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.log(error);
    process.exit(1);
  },
);
