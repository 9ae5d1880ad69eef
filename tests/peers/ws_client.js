// A client on the npm package ws that tells what it sees, a line each:
//
//   node ws_client.js URL [attempts=N] [ping=MS] [send=TEXT] [for=MS]
//
//   open | status CODE retry-after SECONDS | message TEXT | pong TEXT | close CODE REASON | error CODE |
//   socket ERROR (what the system said of the open connection) |
//   waited MS (between an answer with a status and the next attempt, as Retry-After asked)
//
// It ends with the first connection that opened, or after so many attempts.
const WebSocket = require('ws');

const [url, ...settings] = process.argv.slice(2);
const option = Object.fromEntries(settings.map((s) => s.split('=')));
let attempts = Number(option.attempts ?? 1);

function attempt() {
  const ws = new WebSocket(url, { rejectUnauthorized: false });
  let again = false;
  attempts -= 1;
  ws.on('unexpected-response', (request, response) => {
    const seconds = response.headers['retry-after'];
    console.log('status', response.statusCode, 'retry-after', seconds ?? '-');
    response.resume();
    request.destroy();
    if (attempts > 0) {
      again = true;
      const before = Date.now();
      setTimeout(() => {
        console.log('waited', Date.now() - before);
        attempt();
      }, 1000 * Number(seconds ?? 0));
    }
  });
  ws.on('open', () => {
    console.log('open');
    ws._socket.on('error', (error) => console.log('socket', error.code));
    attempts = 0;
    if (option.ping) setInterval(() => ws.ping('abc'), Number(option.ping)).unref();
    if (option.send) ws.send(option.send);
    if (option.for) setTimeout(() => ws.close(1000), Number(option.for));
  });
  ws.on('message', (data) => console.log('message', data.toString()));
  ws.on('pong', (data) => console.log('pong', data.toString()));
  ws.on('error', (error) => {
    if (again) return;
    console.log('error', error.code ?? error.message);
    if (attempts > 0) attempt();
  });
  ws.on('close', (code, reason) => {
    if (!again && attempts === 0) console.log('close', code, reason.toString());
  });
}

attempt();
