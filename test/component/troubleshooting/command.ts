/** Mistakes with the command `proxbox-api`. */
import path from 'node:path';
import { commanded, type Group } from './told.js';

export const command: Group = {
  title: 'The command',
  mistakes: [
    {
      does: 'misspells a word of it: `proxbox-api sinc`',
      seen: async ({ command: run }) => commanded(await run(['sinc']), /unknown command 'sinc'\n.*/, '(Did you mean'),
      more: 'command.md',
    },
    {
      does: 'lets cron sync beside a running service',
      seen: async ({ command: run }) => commanded(await run(['sync']), /another proxbox-api/, 'Stop that one'),
      more: 'command.md#with-a-service-or-without',
    },
    {
      does: 'lets cron sync without the variables of the service',
      seen: async ({ command: run, folder }) =>
        commanded(
          await run(['sync'], {
            PROXBOX_ENCRYPTION_KEY: '',
            PROXBOX_DATABASE_PATH: path.join(folder(), 'database.db'),
          }),
          /encryption key/,
          'Set PROXBOX_ENCRYPTION_KEY',
        ),
      more: 'command.md#from-cron',
    },
    {
      does: 'looks at runs in another folder than that of the database',
      seen: async ({ command: run, folder }) =>
        commanded(
          await run(['runs'], { PROXBOX_DATABASE_PATH: path.join(folder(), 'database.db') }),
          /there is none/,
          'Start the service',
        ),
      more: 'configuration.md#database',
    },
    {
      does: 'sets PROXBOX_URL without PROXBOX_API_KEY',
      seen: async ({ command: run, world }) =>
        commanded(await run(['runs'], { PROXBOX_URL: world.url }), /PROXBOX_API_KEY/, 'set the API key'),
      more: 'command.md#with-a-service-or-without',
    },
    {
      does: 'sets PROXBOX_URL without `http://`',
      seen: async ({ command: run }) =>
        commanded(
          await run(['runs'], { PROXBOX_URL: 'localhost:8000', PROXBOX_API_KEY: 'k' }),
          /PROXBOX_URL/,
          'must be the address',
        ),
      more: 'command.md#with-a-service-or-without',
    },
    {
      does: 'sets PROXBOX_URL to where no service runs',
      seen: async ({ command: run }) =>
        commanded(
          await run(['runs'], { PROXBOX_URL: 'http://127.0.0.1:1', PROXBOX_API_KEY: 'k' }),
          /does not answer/,
          'Is the service',
        ),
      more: 'command.md#with-a-service-or-without',
    },
    {
      does: 'sets PROXBOX_URL with `https://` where the service has no certificate',
      seen: async ({ command: run, world }) =>
        commanded(
          await run(['runs'], { PROXBOX_URL: world.url.replace('http:', 'https:'), PROXBOX_API_KEY: 'k' }),
          /does not answer/,
          'Set PROXBOX_URL',
        ),
      more: 'operations.md#tls',
    },
    {
      does: 'sets PROXBOX_API_KEY to a key of another service',
      seen: async ({ command: run, world }) =>
        commanded(
          await run(['runs'], { PROXBOX_URL: world.url, PROXBOX_API_KEY: 'not-the-key-of-this-service' }),
          /Invalid API key/,
          'Send ',
        ),
      more: 'authentication.md#wrong-keys',
    },
    {
      does: 'applies a plan that is not kept any more',
      seen: async ({ command: run, world }) =>
        commanded(
          await run(['apply', '01890000'], { PROXBOX_URL: world.url, PROXBOX_API_KEY: world.apiKey }),
          /no plan/,
          'GET /plans',
        ),
      more: 'operator-guide.md#what-would-a-sync-do',
    },
    {
      does: 'saves the database over an older backup',
      seen: async ({ command: run, file }) =>
        commanded(await run(['backup', file('backup.db', 'x')]), /exists/, 'Name'),
      more: 'operations.md#what-to-back-up',
    },
  ],
};
