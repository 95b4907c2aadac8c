/** What is below the root of the Proxmox API, for people who look around. */
import { toText, type Row } from '../proxmox/parse/coerce.js';
import { withoutSecrets } from '../proxmox/parse/secrets.js';
import { listRows } from '../proxmox/reads/rows.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';

export const topLevels = ['access', 'cluster', 'nodes', 'storage', 'version'] as const;

type Named<T> = Readonly<Record<string, T>>;

function cleaned(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(cleaned);
  return isObject(answer) ? withoutSecrets(answer) : answer;
}

/** The answer of Proxmox under the name of the session, without secrets. */
export async function readTopLevel(
  session: ProxmoxSession,
  level: (typeof topLevels)[number],
): Promise<Named<unknown>> {
  return { [session.name]: cleaned(await session.get(level)) };
}

async function names(session: ProxmoxSession, below: string, key: string): Promise<readonly string[]> {
  return (await listRows(session, below)).flatMap((row) => toText(row[key]) ?? []);
}

export async function readOverview(session: ProxmoxSession): Promise<Named<Row>> {
  const [access, cluster, nodes, pools, storage] = await Promise.all([
    names(session, 'access', 'subdir'),
    names(session, 'cluster', 'name'),
    session.get('nodes'),
    session.get('pools'),
    session.storages(),
  ]);
  const lists = { access, cluster, nodes: cleaned(nodes), pools: cleaned(pools), storage: cleaned(storage) };
  return { [session.name]: { ...lists, version: session.version } };
}
