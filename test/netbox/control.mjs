/**
 * The door through which the tests, which run in other processes, ask the harness to reset, stop and start NetBox.
 * POST /reset, /reset-with-branching, /reset-with-older-plugin, /reset-without-plugin, /stop, /start, /forget-requests; GET
 * /requests. Answers JSON; a failure is a 500 with `{ message }`.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';

async function listenOnLoopback(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/**
 * @param {Record<string, () => Promise<unknown>>} actions keyed by method and path, e.g. "POST /reset"
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function openControl(actions) {
  const server = createServer(async (request, response) => {
    const action = actions[`${request.method} ${request.url}`];
    let status = action ? 200 : 404;
    let body;
    try {
      body = action ? await action() : { message: `The harness has no action ${request.method} ${request.url}.` };
    } catch (error) {
      status = 500;
      body = { message: error.message };
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
  });
  const url = await listenOnLoopback(server);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, close };
}
