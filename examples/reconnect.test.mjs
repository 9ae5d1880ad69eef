// Does an application come back after its connection is lost?
//
//   SERVER=wss://api.example.com APP='my-app --server {url}' node --test reconnect.test.mjs
//
// Starts wscope proxy in front of the server, then the application with {url} replaced by the
// proxy's address; drops its connection, waits until it is back, and looks at the report.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test from 'node:test';

async function lineOf(stream, pattern) {
  for await (const line of createInterface({ input: stream })) {
    const found = line.match(pattern);
    if (!found) continue;
    stream.resume(); // what it prints from now on has to be read, or it waits
    return found[1];
  }
  throw new Error(`wscope proxy did not print ${pattern}`);
}

async function ask(control, path, body) {
  const answer = await fetch(control + path, body && { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, `${path}: ${answer.status}`);
  return answer.json();
}

test('the application is back after its connection is reset', async () => {
  const proxy = spawn('wscope', ['proxy', '--control', '0', '127.0.0.1:0', process.env.SERVER]);
  const [url, control] = await Promise.all([
    lineOf(proxy.stdout, /^(ws\S+)/),
    lineOf(proxy.stderr, /^control: (http\S+)/),
  ]);
  const app = spawn(process.env.APP.replaceAll('{url}', url), { shell: true, detached: true, stdio: 'ignore' });
  try {
    while (!(await ask(control, '/clients')).some((client) => client.connected));
    // It stays away for a second, so that /wait is there before it returns.
    await ask(control, '/drop', { how: 'rst', for: 1 });
    await ask(control, '/wait', { event: 'back', within: 30 });
    const [client] = (await ask(control, '/report')).clients;
    assert.ok(client.connected);
    assert.ok(client.outages[0].back_ms < 10_000);
  } finally {
    process.kill(-app.pid);
    proxy.kill();
  }
});
