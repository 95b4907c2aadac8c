/** Which part of the estate a run or plan is about, and every parameter of the routes besides. */
import { Option, type Command } from 'commander';
import { stageTable } from '../../sync/stages/index.js';
import { UsageError } from '../exit-status.js';

export interface ScopeOptions {
  readonly stage?: string;
  readonly endpoints?: string;
  readonly branch?: string;
  readonly set: readonly string[];
}

const stageNames = ['full-update', ...stageTable.map(({ stage }) => stage.name)];

export function scopeOptions(command: Command): Command {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  return command
    .addOption(new Option('--stage <name>', 'one stage; without it: a full update').choices(stageNames))
    .option('--endpoints <ids>', 'ids of stored Proxmox endpoints, by comma; without it: every enabled one')
    .option('--branch <schema>', 'schema id of a netbox-branching branch; without it: main')
    .option('--set <name=value>', 'any further parameter of the route (docs/api.md); may be repeated', collect, []);
}

/** @throws UsageError when --set is not name=value */
export function queryOf({ endpoints, branch, set }: Omit<ScopeOptions, 'stage'>): Readonly<Record<string, string>> {
  const pairs = set.map((text) => {
    const [, name, value] = /^([a-z][a-z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new UsageError(`--set takes name=value, not '${text}'.`);
    return [name, value] as const;
  });
  return {
    ...Object.fromEntries(pairs),
    ...(endpoints === undefined ? {} : { proxmox_endpoint_ids: endpoints }),
    ...(branch === undefined ? {} : { netbox_branch_schema_id: branch }),
  };
}
