/** What a test may ask of the NetBox that `npm run test:netbox` has started: where it is, and to reset, stop and start it. */
import { z } from 'zod';
import { apiOf, type NetBoxTarget, type NetBoxTokens } from '../contract/netbox/target.js';

const Tokens = z.object({
  v1: z.string(),
  v2Key: z.string(),
  v2: z.string(),
  disabled: z.string(),
  expired: z.string(),
  readOnly: z.string(),
  foreignAddress: z.string(),
  viewer: z.string(),
  inactiveUser: z.string(),
});

/** One NetBox of the run: where it answers, the door through which it is reset, and its folder of configuration. */
const Server = z.object({ url: z.string(), control: z.string(), root: z.string() });

const SeenRequest = z.object({ method: z.string(), path: z.string(), query: z.string() });
export type SeenRequest = z.infer<typeof SeenRequest>;

/** A variable of `npm run test:netbox`. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set. These tests need a NetBox: run them with "npm run test:netbox".`);
  return value;
}

/** With the tokens of users the simulator does not know. */
export interface RealNetBox extends NetBoxTarget {
  readonly tokens: NetBoxTokens & {
    /** Of an active user who may view virtual machines and nothing else. */
    readonly viewer: string;
    readonly inactiveUser: string;
  };
}

/** The NetBox of this vitest worker: each has one to itself. */
export function server(): z.infer<typeof Server> {
  const servers = z.array(Server).parse(JSON.parse(variable('NETBOX_TEST_SERVERS')));
  const own = servers[Number(variable('VITEST_POOL_ID')) - 1];
  if (own === undefined) throw new Error(`There are ${servers.length} NetBoxes and more vitest workers.`);
  return own;
}

/** The NetBox as it is. */
export function netbox(): RealNetBox {
  return { url: server().url, tokens: Tokens.parse(JSON.parse(variable('NETBOX_TEST_TOKENS'))) };
}

async function control(action: string): Promise<unknown> {
  const [method, path] = action.split(' ');
  const response = await fetch(`${server().control}${path!}`, { method: method! });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`The harness could not ${action}: ${JSON.stringify(body)}`);
  return body;
}

/** Puts NetBox back to what the migrations and the seed made: the superuser, the tokens, and what the plugin creates. */
export async function resetNetBox(): Promise<RealNetBox> {
  await control('POST /reset');
  return netbox();
}

/** The same with the plugin netbox-branching, and no branch. */
export async function resetNetBoxWithBranching(): Promise<RealNetBox> {
  await control('POST /reset-with-branching');
  return netbox();
}

/** The same with the older release of the plugin. */
export async function resetNetBoxWithOlderPlugin(): Promise<RealNetBox> {
  await control('POST /reset-with-older-plugin');
  return netbox();
}

/**
 * NetBox alone, with the superuser and the tokens, in an environment of its own into which plugins may be installed: the
 * folder of that environment. Its configuration is `conf/configuration.py` below the folder of the server.
 */
export async function resetNetBoxWithoutPlugin(): Promise<{
  readonly netbox: RealNetBox;
  readonly environment: string;
}> {
  const { environment } = z.object({ environment: z.string() }).parse(await control('POST /reset-without-plugin'));
  return { netbox: netbox(), environment };
}

/** Ends every NetBox process; its port then refuses connections. */
export async function stopNetBox(): Promise<void> {
  await control('POST /stop');
}

/** Starts NetBox on the same port and waits until it answers; nothing happens when it runs. */
export async function startNetBox(): Promise<void> {
  await control('POST /start');
}

/** What NetBox does while an action runs: the requests it received and the rows its change log gained. */
export async function watchNetBox(
  action: () => Promise<void>,
): Promise<{ requests: SeenRequest[]; writes: SeenRequest[]; changes: number }> {
  const api = apiOf(netbox());
  const before = await api.changeLogRows();
  await control('POST /forget-requests');
  await action();
  const requests = z.array(SeenRequest).parse(await control('GET /requests'));
  const changes = (await api.changeLogRows()) - before;
  return { requests, writes: requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD'), changes };
}
