/** Mistakes with what stands around the service: the plugin, proxies, browsers. */
import { anApp } from '../http/app-fixture.js';
import { asked, messagesOf } from './asked.js';
import { answered, logged, type Group } from './told.js';

export const around: Group = {
  title: 'Plugin, proxy and scripts',
  mistakes: [
    {
      does: 'sends a body of more than the service takes',
      seen: async () => {
        const payload = { filler: 'x'.repeat(64 * 1024) };
        return answered(await asked(await anApp(), { method: 'POST', url: '/netbox/endpoint', payload }), 'Send less');
      },
      more: 'operations.md#behind-a-proxy',
    },
    {
      does: 'sends a body without saying that it is JSON',
      seen: async () => {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const request = { method: 'POST', url: '/netbox/endpoint', headers, payload: 'a=b' } as const;
        return answered(await asked(await anApp(), request), 'send the body');
      },
      more: 'api.md',
    },
    {
      does: 'lets a script or dashboard ask too often',
      seen: async () => {
        const fixture = await anApp({ variables: { PROXBOX_RATE_LIMIT: '1' } });
        await asked(fixture, { url: '/runs' });
        return answered(await asked(fixture, { url: '/runs' }), 'Wait');
      },
      more: 'operations.md#rate-limit',
    },
    {
      does: 'puts a proxy in front without PROXBOX_TRUSTED_PROXIES, so that all clients share its address',
      seen: async () => {
        const fixture = await anApp();
        for (const address of ['192.0.2.31', '192.0.2.32'])
          await asked(fixture, { url: '/runs', headers: { 'x-forwarded-for': address } });
        return logged(messagesOf(fixture), /X-Forwarded-For/, 'Set PROXBOX');
      },
      more: 'operations.md#behind-a-proxy',
    },
    {
      does: 'opens a WebSocket from a page of another origin',
      seen: async () => {
        const { app } = await anApp();
        const url = await app.listen({ port: 0, host: '127.0.0.1' });
        const { WebSocket } = await import('ws');
        const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { origin: 'https://other.example.com' });
        const answer = await new Promise<{ status: number; body: string }>((resolve) =>
          socket.on('unexpected-response', (_request, response) => {
            let body = '';
            response.on('data', (chunk) => (body += String(chunk)));
            response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
          }),
        );
        return answered({ status: answer.status, body: JSON.parse(answer.body) }, 'Add it');
      },
      more: 'configuration.md#cors',
    },
  ],
};
