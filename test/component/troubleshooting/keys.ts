/** Mistakes with API keys, and with HTTPS on the side of the service. */
import { connect } from 'node:tls';
import { once } from 'node:events';
import { anApp, type Fixture } from '../http/app-fixture.js';
import { eventually } from '../../support/eventually.js';
import { asked, messagesOf } from './asked.js';
import { answered, logged, type Group } from './told.js';

type Headers = Readonly<Record<string, string>>;
const wrong: Headers = { 'x-proxbox-api-key': 'wrong-key-wrong-key-wrong-key-wrong-key' };

const withKey = (fixture: Fixture, headers: Headers) => asked({ ...fixture, headers }, { url: '/runs' });

const registered = (fixture: Fixture, key: string) =>
  asked({ ...fixture, headers: {} }, { method: 'POST', url: '/auth/register-key', payload: { api_key: key } });

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
      seen: async () => answered(await withKey(await anApp({ withKey: false }), wrong), 'Register a key'),
      more: 'authentication.md#the-first-key',
    },
    {
      does: 'asks without a key, or sends it as `Authorization: Bearer`',
      seen: async () => answered(await withKey(await anApp(), { authorization: 'Bearer abc' }), 'Send '),
      more: 'authentication.md',
    },
    {
      does: 'sends a key that is none of this service',
      seen: async () => answered(await withKey(await anApp(), wrong), 'Send '),
      more: 'authentication.md#wrong-keys',
    },
    {
      does: 'sends wrong keys five times',
      seen: async () => {
        const fixture = await anApp();
        for (let times = 0; times < 5; times += 1) await withKey(fixture, wrong);
        return answered(await withKey(fixture, wrong), 'Wait');
      },
      more: 'authentication.md#wrong-keys',
    },
    {
      does: 'deletes the only key',
      seen: async () => {
        return answered(await asked(await anApp(), { method: 'DELETE', url: '/auth/keys/1' }), 'Create and verify');
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
        await eventually(() => messagesOf(fixture).some((line) => line.includes('HTTPS')));
        return logged(messagesOf(fixture), /asks over HTTPS/, 'Give it');
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
