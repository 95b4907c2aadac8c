/** Mistakes at the start: what refuses it, and what is said of what is set and not used. */
import path from 'node:path';
import { chmodSync } from 'node:fs';
import { refused, warned, type Group } from './told.js';
import type { Ended, House } from './house.js';

const inQuotes = 'PROXBOX_GENERATED_DIR';

/** One start with everything wrong that does not refuse it. */
const careless = (() => {
  const starts = new WeakMap<House, Promise<Ended>>();
  return (house: House): Promise<Ended> => {
    const known = starts.get(house);
    if (known !== undefined) return known;
    const keyFile = house.file('proxbox.key', 'an-example', 0o644);
    const ended = house.start({
      PROXBOX_ENCRYPTION_KEY_FILE: keyFile,
      PROXBOX_RATELIMIT: '300',
      PROXBOX_RATE_LIMIT: 'many',
      PROXBOX_CONSOLE: 'maybe',
      PROXBOX_TRUSTED_PROXIES: 'nginx',
      [inQuotes]: '"/data/schemas"',
      UVICORN_WORKERS: '4',
    });
    starts.set(house, ended);
    return ended;
  };
})();

export const starting: Group = {
  title: 'Starting',
  mistakes: [
    {
      does: 'starts without an encryption key',
      seen: async (house) => refused(await house.start({ PROXBOX_ENCRYPTION_KEY: '' }), 'Set PROXBOX_ENCRYPTION_KEY'),
      more: 'configuration.md#credential-encryption',
    },
    {
      does: 'names a file for the encryption key that is not there',
      seen: async (house) => {
        const file = path.join(house.folder(), 'proxbox.key');
        return refused(
          await house.start({ PROXBOX_ENCRYPTION_KEY: '', PROXBOX_ENCRYPTION_KEY_FILE: file }),
          'Set PROXBOX_ENCRYPTION_KEY',
        );
      },
      more: 'configuration.md#credential-encryption',
    },
    {
      does: 'gives the container a volume that belongs to another user',
      seen: async (house) => {
        const folder = house.folder();
        chmodSync(folder, 0o555);
        const variables = { PROXBOX_DATABASE_PATH: path.join(folder, 'database.db') };
        return refused(await house.start(variables, { isPowerless: true }), 'Make ');
      },
      more: 'operations.md#starting-in-a-container',
    },
    {
      does: 'names the folder of the database instead of the file',
      seen: async (house) =>
        refused(await house.start({ PROXBOX_DATABASE_PATH: house.folder() }), 'Set PROXBOX_DATABASE_PATH'),
      more: 'configuration.md#database',
    },
    {
      does: 'names a file as database that is none',
      seen: async (house) => {
        const file = house.file('database.db', 'no database '.repeat(100));
        return refused(await house.start({ PROXBOX_DATABASE_PATH: file }), 'Set PROXBOX_DATABASE_PATH');
      },
      more: 'operations.md#what-refuses-the-start',
    },
    {
      does: 'restores a backup of which nothing but the name arrived',
      seen: async (house) =>
        refused(await house.start({ PROXBOX_DATABASE_PATH: house.file('database.db', '') }), 'Restore a backup'),
      more: 'operations.md#what-to-back-up',
    },
    {
      does: 'sets DATABASE_URL of the Python service beside PROXBOX_DATABASE_PATH',
      seen: async (house) => refused(await house.start({ DATABASE_URL: 'sqlite:////data/other.db' }), 'Remove one'),
      more: 'configuration.md#database',
    },
    {
      does: 'starts a second service on the same database',
      seen: async ({ start, world }) =>
        refused(await start({ PROXBOX_DATABASE_PATH: world.variables['PROXBOX_DATABASE_PATH']! }), 'Stop that one'),
      more: 'operations.md#more-than-one-service',
    },
    {
      does: 'starts it on a port that is in use',
      seen: async ({ start, world }) => refused(await start({ PORT: new URL(world.url).port }), 'Stop the other'),
      more: 'configuration.md#process-variables',
    },
    {
      does: 'binds it to an address of another machine',
      seen: async ({ start }) => refused(await start({ PROXBOX_BIND_HOST: '192.0.2.99' }), 'Correct PROXBOX_BIND_HOST'),
      more: 'configuration.md#process-variables',
    },
    {
      does: 'writes a schedule as words: `PROXBOX_SYNC_SCHEDULE=hourly`',
      seen: async ({ start }) => refused(await start({ PROXBOX_SYNC_SCHEDULE: 'hourly' }), 'Set one such'),
      more: 'operations.md#a-schedule-of-its-own',
    },
    {
      does: 'names a CA bundle that holds no certificates',
      seen: async (house) =>
        refused(await house.start({ PROXBOX_CA_BUNDLE: house.file('ca.pem', 'garbage') }), 'It has to be PEM'),
      more: 'operations.md#what-refuses-the-start',
    },
    {
      does: 'sets the certificate of the service without its private key',
      seen: async (house) => {
        const file = house.file('tls.crt', house.certificates.signed.cert);
        return refused(await house.start({ PROXBOX_TLS_CERT_FILE: file }), 'Set the other one');
      },
      more: 'operations.md#tls',
    },
    {
      does: 'sets a private key that belongs to another certificate',
      seen: async (house) => {
        const { signed, wrongName } = house.certificates;
        return refused(
          await house.start({
            PROXBOX_TLS_CERT_FILE: house.file('tls.crt', signed.cert),
            PROXBOX_TLS_KEY_FILE: house.file('tls.key', wrongName.key),
          }),
          'Name the key',
        );
      },
      more: 'operations.md#tls',
    },
    {
      does: 'writes a variable in quotation marks into a file for `docker --env-file`: `PORT="8000"`',
      seen: async ({ start }) => refused(await start({ PORT: '"8000"' }), 'Remove them'),
      more: 'configuration.md#process-variables',
    },
    {
      does: `does the same with a path, such as \`${inQuotes}="/data/schemas"\``,
      seen: async (house) => warned(await careless(house), new RegExp(`${inQuotes} is in`), 'Remove them'),
      more: 'configuration.md#process-variables',
    },
    {
      does: 'misspells a variable: `PROXBOX_RATELIMIT=300`',
      seen: async (house) => warned(await careless(house), /PROXBOX_RATELIMIT/, 'Did you mean'),
      more: 'configuration.md#process-variables',
    },
    {
      does: 'gives a variable a value that it does not take: `PROXBOX_RATE_LIMIT=many`',
      seen: async (house) => warned(await careless(house), /PROXBOX_RATE_LIMIT is/, 'it must be'),
      more: 'operations.md#rate-limit',
    },
    {
      does: 'names a proxy that it trusts by its name',
      seen: async (house) => warned(await careless(house), /PROXBOX_TRUSTED_PROXIES/, 'Set '),
      more: 'operations.md#behind-a-proxy',
    },
    {
      does: 'asks for several workers, as of the Python service',
      seen: async (house) => warned(await careless(house), /UVICORN_WORKERS/, 'Remove it'),
      more: 'migrating-from-python.md#variables',
    },
    {
      does: 'lets every user of the machine read the encryption key',
      seen: async (house) => warned(await careless(house), /can be read by every user/, 'Run: chmod'),
      more: 'configuration.md#credential-encryption',
    },
    {
      does: 'takes an example as encryption key',
      seen: async (house) => warned(await careless(house), /is weak/, 'Make another'),
      more: 'configuration.md#credential-encryption',
    },
    {
      does: 'starts with another encryption key than before',
      seen: async (house) => {
        const { variables } = house.world;
        const told = await house.world.withoutService(() =>
          house.start({
            ...variables,
            PROXBOX_ENCRYPTION_KEY: 'Another-0ne-0f-en0ugh-characters',
            PROXBOX_LOG_LEVEL: 'INFO',
          }),
        );
        return warned(told, /stored token of/, 'Restore');
      },
      more: 'configuration.md#credential-encryption',
    },
  ],
};
