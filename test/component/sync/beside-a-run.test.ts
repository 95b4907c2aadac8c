/** Whatever happens beside a run, it ends with the clients that it began with, and with the same outcome. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/compose/app.js';
import { startBackground } from '../../../src/compose/background.js';
import { createApiClient, type StreamFrame } from '../../demo/api-client.js';
import { registerEverything } from '../../demo/registration.js';
import { variablesFor } from '../../demo/service-process.js';
import { parseEnv } from '../../../src/config/env.js';
import { createDeps, type AppDeps } from '../../../src/compose/deps.js';
import { createEstate, type Estate } from '../../simulator/estate/index.js';
import { createNetBoxSimulator, defaultTokens, type NetBoxSimulator } from '../../simulator/netbox/index.js';
import { startProxmoxSimulators, type ProxmoxSimulator } from '../../simulator/proxmox/index.js';
import { contentOf } from '../../fault/support/content.js';
import { eventually } from '../../support/eventually.js';
import { startRelay, type Relay } from '../../support/relay.js';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.js';
import type { Complete } from '../../support/world.js';

const apiKey = 'a-key-for-tests-of-at-least-32-characters';

interface Beside {
  readonly netbox: NetBoxSimulator;
  readonly relay: Relay;
  readonly proxmox: readonly ProxmoxSimulator[];
  readonly deps: AppDeps;
  readonly clock: SteppedClock;
  ask(method: string, at: string, body?: object): Promise<number>;
  /** A full update in whose middle `act` is called, each time before one of `moments` reaches NetBox. */
  run(act?: () => Promise<void>): Promise<Complete>;
  close(): Promise<void>;
}

/** The first request of the lists, the first machine that is written, the first address that is written. */
const moments = [/^GET .*\/dcim\/devices\//, /^POST .*\/virtual-machines\//, /^POST .*\/ip-addresses\//];

async function openBeside(estate: Estate): Promise<Beside> {
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-beside-'));
  const netbox = createNetBoxSimulator();
  await netbox.listen();
  const relay = await startRelay(netbox.url);
  const proxmox = await startProxmoxSimulators(estate);
  const clock = createSteppedClock();
  // A slot for what goes on beside the request that is held.
  const { env } = parseEnv({ ...variablesFor(folder), PROXBOX_NETBOX_MAX_CONCURRENT: '2' });
  const deps = createDeps({ env, clock, bcryptCost: 4, console: { write: () => true } });
  const app = await buildApp(deps);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  // As after a fresh start: nothing is registered yet, so the plugin's settings and its key are not known.
  await new Promise<void>((resolve) => {
    startBackground({ ...deps, openLogFile: async () => setImmediate(resolve) });
  });
  const access = { url: relay.url, tokenV1: defaultTokens.v1, tokenV2: defaultTokens.v2 };
  await registerEverything(url, apiKey, { estate, proxmox: proxmox.simulators, netbox: access });

  return {
    netbox,
    relay,
    proxmox: proxmox.simulators,
    deps,
    clock,
    ask: async (method, at, body) => {
      const headers = {
        'X-Proxbox-API-Key': apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const answer = await fetch(`${url}${at}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
      await answer.arrayBuffer();
      return answer.status;
    },
    run: async (act = async () => undefined) => {
      const left = [...moments];
      let isActing = false;
      relay.before = async ({ method, target }) => {
        const now = left.findIndex((moment) => moment.test(`${method} ${target}`));
        if (isActing || now < 0) return;
        left.splice(now, 1);
        isActing = true;
        await act();
        isActing = false;
      };
      const frames: StreamFrame[] = [];
      for await (const frame of createApiClient(url, apiKey).stream('/full-update/stream')) frames.push(frame);
      expect(left).toEqual([]);
      return frames.at(-1)?.data as unknown as Complete;
    },
    close: async () => {
      await app.close();
      await Promise.all([relay.close(), netbox.close(), proxmox.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const anEstate = (): Estate => createEstate({ vms: 6, clusters: 2, seed: 5 });
const contentIn = ({ netbox, relay, proxmox }: Beside): readonly string[] =>
  contentOf(netbox, [...proxmox.map(({ port }) => port), Number(new URL(relay.url).port)]).filter(
    (line) => !line.startsWith('plugins/proxbox/endpoints/'),
  );
const outcomeOf = ({ ok, result, errors }: Complete) => ({
  ok,
  kinds: result?.kinds,
  warnings: result?.warnings,
  failures: result?.errors,
  errors,
});
const intervalMs = 300_000;
const settingsReads = ({ relay }: Beside): number =>
  relay.requests.filter(({ target }) => target.includes('/settings/runtime/')).length;

async function nextRefresh(world: Beside): Promise<void> {
  const before = settingsReads(world);
  world.clock.step(intervalMs);
  await eventually(() => {
    expect(settingsReads(world)).toBeGreaterThan(before);
    expect(world.deps.settings.current().pluginState).toBe('fresh');
  });
}

const netboxRecord = ({ relay }: Beside) => ({
  name: 'netbox',
  ip_address: '127.0.0.1',
  domain: '',
  port: Number(new URL(relay.url).port),
  token_version: 'v2',
  token_key: defaultTokens.v2.key,
  token: defaultTokens.v2.secret,
  verify_ssl: false,
});
const tokenOf = ({ username, tokenName, tokenValue }: ProxmoxSimulator) => ({
  username,
  token_name: tokenName,
  token_value: tokenValue,
});
const passwordOf = ({ username, password }: ProxmoxSimulator) => ({
  username,
  password,
  token_name: null,
  token_value: null,
});

type Act = (world: Beside) => Promise<unknown>;

/** What goes on by itself, and what operators and the plugin may do at any time. */
const unrelated: Readonly<Record<string, Act>> = {
  'the settings are read again, and bring the key of the plugin': nextRefresh,
  'the tags and types are ensured': ({ deps }) => deps.supportPass.run(),
  'the switch for writing changes on the page of the plugin': async (world) => {
    const switches = 'plugins/proxbox/endpoints/proxmox';
    for (const { id, allow_writes } of world.netbox.state.objects(switches))
      world.netbox.operator.update(switches, id, { allow_writes: allow_writes !== true });
    await nextRefresh(world);
  },
  'the plugin pushes its endpoints again': async (world) => {
    for (const [index, simulator] of world.proxmox.entries())
      expect(await world.ask('PUT', `/proxmox/endpoints/${index + 1}`, tokenOf(simulator))).toBe(200);
  },
  'NetBox is saved again with the same values': async (world) =>
    expect(await world.ask('PUT', '/netbox/endpoint/1', netboxRecord(world))).toBe(200),
  'NetBox is called otherwise': async (world) =>
    expect(await world.ask('PUT', '/netbox/endpoint/1', { name: `netbox ${world.relay.requests.length}` })).toBe(200),
  'another endpoint comes, changes and goes': async (world) => {
    const other = { name: 'other', ip_address: '127.0.0.1', port: 9, username: 'root@pam', password: 'a' };
    expect(await world.ask('POST', '/proxmox/endpoints', other)).toBe(200);
    const id = world.deps.proxmoxEndpoints.all().at(-1)?.id ?? 0;
    expect(await world.ask('PUT', `/proxmox/endpoints/${id}`, { password: 'b' })).toBe(200);
    expect(await world.ask('DELETE', `/proxmox/endpoints/${id}`)).toBe(200);
  },
  'the key that encrypts is exchanged, and secrets are sealed anew': async (world) => {
    expect(await world.ask('POST', '/admin/encryption/key', { key: `key ${world.relay.requests.length}` })).toBe(200);
    world.deps.encryptionKeys.setPluginKey(`key of the plugin ${world.relay.requests.length}`);
    expect(await world.ask('PUT', '/netbox/endpoint/1', netboxRecord(world))).toBe(200);
  },
  'an API key comes and goes': async (world) => {
    const { id } = await world.deps.apiKeys.create('another');
    world.deps.apiKeys.remove(id);
  },
  'all caches are cleared': async (world) => expect(await world.ask('GET', '/clear-cache')).toBe(200),
};

/** What the run works with changes or goes; whoever begins later gets the new one. */
const ofItsOwn: Readonly<Record<string, Act>> = {
  'NetBox gets another token': (world) =>
    world.ask('PUT', '/netbox/endpoint/1', { token_version: 'v1', token: defaultTokens.v1 }),
  'NetBox is removed': (world) => world.ask('DELETE', '/netbox/endpoint/1'),
  'Proxmox gets another login': (world) => world.ask('PUT', '/proxmox/endpoints/1', passwordOf(world.proxmox[0]!)),
  'Proxmox is removed': (world) => world.ask('DELETE', '/proxmox/endpoints/1'),
};

describe('beside a run', () => {
  let wanted: ReturnType<typeof outcomeOf>;
  let content: readonly string[];

  beforeAll(async () => {
    const world = await openBeside(anEstate());
    wanted = outcomeOf(await world.run());
    content = contentIn(world);
    await world.close();
    expect(wanted).toMatchObject({ ok: true, errors: [] });
  });

  it.each(Object.entries({ ...unrelated, ...ofItsOwn }))('%s: it ends as without', async (_what, act) => {
    const world = await openBeside(anEstate());
    try {
      expect(outcomeOf(await world.run(() => Promise.resolve(act(world)).then(() => undefined)))).toEqual(wanted);
      expect(contentIn(world)).toEqual(content);
    } finally {
      await world.close();
    }
  });

  describe('a login changes', () => {
    let world: Beside;
    const logins = (): number => world.proxmox[0]!.requestLog.filter(({ path: at }) => at === '/access/ticket').length;
    const schemes = (): ReadonlySet<string | undefined> =>
      new Set(
        world.relay.requests
          .filter(({ target }) => !target.includes('/proxbox/settings/'))
          .map(({ authorization }) => authorization.split(' ')[0]),
      );

    beforeAll(async () => {
      world = await openBeside(anEstate());
    });
    afterAll(() => world.close());

    it('the run ends with the one that it began with', async () => {
      world.relay.requests.length = 0;
      await world.run(async () => {
        await ofItsOwn['NetBox gets another token']!(world);
        await ofItsOwn['Proxmox gets another login']!(world);
      });

      expect(schemes()).toEqual(new Set(['Bearer']));
      expect(logins()).toBe(0);
    });

    it('the next run uses the new one', async () => {
      world.relay.requests.length = 0;
      expect(await world.ask('GET', '/full-update')).toBe(200);

      expect(schemes()).toEqual(new Set(['Token']));
      expect(logins()).toBe(1);
    });
  });
});
