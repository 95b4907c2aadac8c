/** Mistakes with API keys, and with HTTPS on the side of the service. */
import { connect } from 'node:tls';
import { once } from 'node:events';
import { anApp, type Fixture } from '../http/app-fixture.js';
import { eventually } from '../../support/eventually.js';
import { answered, logged, type Group } from './told.js';

type Headers = Readonly<Record<string, string>>;
const wrong: Headers = { 'x-proxbox-api-key': 'wrong-key-wrong-key-wrong-key-wrong-key' };

async function asked({ app }: Fixture, headers: Headers) {
  const answer = await app.inject({ url: '/runs', headers });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

async function registered({ app }: Fixture, key: string) {
  const answer = await app.inject({ method: 'POST', url: '/auth/register-key', payload: { api_key: key } });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

const messages = ({ logLines }: Fixture): readonly string[] =>
  logLines.map((line) => (JSON.parse(line) as { msg: string }).msg);

export const keys: Group = {
  title: 'API keys and TLS',
  mistakes: [
    {
      does: 'registers a key that could be guessed',
      seen: async () => answered(await registered(await anApp({ withKey: false }), 'proxbox'), 'Make one'),
      more: 'authentication.md#the-first-key',
    },
    {
      does: 'registers a first key where there is one',
      seen: async () => answered(await registered(await anApp(), 'k'.repeat(40)), 'Use that one'),
      more: 'authentication.md#further-keys-and-rotation',
    },
    {
      does: 'asks before any key is registered',
      seen: async () => answered(await asked(await anApp({ withKey: false }), wrong), 'Register a key'),
      more: 'authentication.md#the-first-key',
    },
    {
      does: 'asks without a key, or sends it as `Authorization: Bearer`',
      seen: async () => answered(await asked(await anApp(), { authorization: 'Bearer abc' }), 'Send '),
      more: 'authentication.md',
    },
    {
      does: 'sends a key that is none of this service',
      seen: async () => answered(await asked(await anApp(), wrong), 'Send '),
      more: 'authentication.md#wrong-keys',
    },
    {
      does: 'sends wrong keys five times',
      seen: async () => {
        const fixture = await anApp();
        for (let times = 0; times < 5; times += 1) await asked(fixture, wrong);
        return answered(await asked(fixture, wrong), 'Wait');
      },
      more: 'authentication.md#wrong-keys',
    },
    {
      does: 'deletes the only key',
      seen: async () => {
        const { app, headers } = await anApp();
        const answer = await app.inject({ method: 'DELETE', url: '/auth/keys/1', headers });
        return answered({ status: answer.statusCode, body: answer.json() }, 'Create and verify');
      },
      more: 'authentication.md#further-keys-and-rotation',
    },
    {
      does: 'asks by `https://` where the service has no certificate',
      seen: async () => {
        const fixture = await anApp();
        const url = await fixture.app.listen({ port: 0, host: '127.0.0.1' });
        const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
        await once(socket, 'error');
        await eventually(() => messages(fixture).some((line) => line.includes('HTTPS')));
        return logged(messages(fixture), /asks over HTTPS/, 'Give it');
      },
      more: 'operations.md#tls',
    },
    {
      does: 'asks by `http://` where it has one',
      seen: async (house) => {
        const { cert, key } = house.certificates.signed;
        const { app } = await anApp({
          variables: {
            PROXBOX_TLS_CERT_FILE: house.file('tls.crt', cert),
            PROXBOX_TLS_KEY_FILE: house.file('tls.key', key),
          },
        });
        const url = await app.listen({ port: 0, host: '127.0.0.1' });
        const answer = await fetch(`http://${new URL(url).host}/runs`);
        return answered({ status: answer.status, body: await answer.json() }, 'Use an address');
      },
      more: 'operations.md#tls',
    },
  ],
};
