/** Clients that send a byte now and then: they are cut off, and nobody waits for them meanwhile. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { anApp, testKey } from './app-fixture.js';

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

/** Sends the start, then one byte more every 100 ms, and tells what it was answered when it is cut off. */
function slowly(port: number, start: string, more: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  socket.on('error', () => undefined);
  socket.write(start);
  // eslint-disable-next-line no-restricted-syntax -- the pace of the client is what is tried
  const timer = setInterval(() => socket.write(more), 100);
  return new Promise((resolve) =>
    socket.on('close', () => {
      clearInterval(timer);
      resolve(received);
    }),
  );
}

const count = 50;

describe(`${count} clients that send a byte at a time`, () => {
  it.each([
    ['of their headers', 'GET /health HTTP/1.1\r\nHost: here\r\nX-Slow: ', 'x'],
    [
      'of their body',
      `POST /netbox/endpoint HTTP/1.1\r\nHost: here\r\nX-Proxbox-API-Key: ${testKey}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`,
      ' ',
    ],
  ])('%s are answered 408 and cut off; others are answered meanwhile', async (_what, start, more) => {
    const { app } = await anApp();
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    // What takes 15 s and 60 s in the service.
    app.server.headersTimeout = 500;
    app.server.requestTimeout = 1_000;

    const slow = Array.from({ length: count }, () => slowly(Number(new URL(url).port), start, more));
    const statuses = [];
    for (let n = 0; n < 20; n += 1) statuses.push((await fetch(`${url}/health`)).status);
    const answers = await Promise.all(slow);

    expect(statuses).toEqual(statuses.map(() => 200));
    expect(answers.map((answer) => answer.split('\r\n', 1)[0])).toEqual(
      answers.map(() => 'HTTP/1.1 408 Request Timeout'),
    );
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});
