// The EventSource of Node (node --experimental-eventsource): prints the ids of so many events, across a
// connection that is lost on the way.
//
//   node --experimental-eventsource eventsource_client.js URL COUNT
const [url, count] = process.argv.slice(2);
const source = new EventSource(url);
let seen = 0;

// Its wait before coming back does not hold the process.
setInterval(() => {}, 1000);

source.onopen = () => console.log('open');
source.onerror = () => {
  const closed = source.readyState === EventSource.CLOSED;
  console.log('error', closed ? 'closed' : 'again');
  if (closed) process.exit(0);
};
source.onmessage = (event) => {
  const id = JSON.parse(event.data).id;
  console.log('event', event.lastEventId === String(id) ? id : 'of another id');
  seen += 1;
  if (seen === Number(count)) {
    source.close();
    process.exit(0);
  }
};
