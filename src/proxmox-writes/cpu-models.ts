/** Makes, changes and deletes custom CPU models of a cluster (Proxmox VE 9.2). What is so already is not written again. */
import { z } from 'zod';
import { ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { toText, type Row } from '../proxmox/parse/coerce.js';
import { cpuModels } from '../proxmox-reads/datacenter.js';
import { carryOut, type Opened, type Write, type WriteDeps } from './carry-out.js';

/** Fields of the body, and what Proxmox calls them; the Python service has words of its own for two. */
const fields = [
  ['base_cputype', 'reported-model'],
  ['flags', 'flags'],
  ['vendor_id', 'hv-vendor-id'],
  ['level', 'level'],
  ['reported-model', 'reported-model'],
  ['hv-vendor-id', 'hv-vendor-id'],
  ['hidden', 'hidden'],
  ['phys-bits', 'phys-bits'],
  ['guest-phys-bits', 'guest-phys-bits'],
] as const satisfies readonly (readonly [keyof CpuModelChange, string])[];

const text = z.string().max(512).nullish();
/** Of a PUT: null leaves what is there, an empty text takes it away. Other fields are refused: they would be lost. */
export const CpuModelChange = z.strictObject({
  base_cputype: text.describe('The model that the guest is told; Proxmox: reported-model'),
  flags: text.describe('`+aes;-pcid`'),
  vendor_id: text.describe('Proxmox: hv-vendor-id'),
  level: z.int().min(0).max(4_294_967_295).nullish(),
  description: z
    .string()
    .max(0, { error: 'Proxmox has no description of a CPU model; leave it out' })
    .nullish()
    .describe('Proxmox has none: only empty'),
  'reported-model': text,
  'hv-vendor-id': text,
  hidden: z.boolean().nullish(),
  'phys-bits': z.union([z.string().max(16), z.int()]).nullish(),
  'guest-phys-bits': z.int().nullish(),
});
export type CpuModelChange = z.infer<typeof CpuModelChange>;

export const CpuModelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/, {
  error: 'must be letters, digits, `_`, `.` and `-`',
});
export const CpuModelBody = CpuModelChange.extend({ cputype: CpuModelName });
export type CpuModelBody = z.infer<typeof CpuModelBody>;

export type ModelWrite = Omit<Write, 'since' | 'privilege' | 'method'>;

const base = 'cluster/qemu/custom-cpu-models';
const since = '9.2';
const privilege = 'Mapping.Modify on /mapping/cpu';

type Values = Record<string, string | number | boolean>;

/** By Proxmox's names: what is set, and what is taken away. */
function valuesOf(body: CpuModelChange): { readonly set: Values; readonly remove: readonly string[] } {
  const set: Values = {};
  const remove: string[] = [];
  for (const [field, name] of fields) {
    const value = body[field] ?? undefined;
    if (value === '') remove.push(name);
    else if (value !== undefined) set[name] = value;
  }
  return { set, remove };
}

/** Proxmox lists models as `custom-<name>`; a caller may leave that out. */
const isCalled = (name: string) => (row: Row) => row.cputype === name || row.cputype === `custom-${name}`;

async function find({ session }: Pick<Opened, 'session'>, name: string): Promise<Row | undefined> {
  return (await cpuModels(session)).find(isCalled(name));
}

async function found(opened: Opened, name: string): Promise<Row> {
  const row = await find(opened, name);
  if (row !== undefined) return row;
  const text = `Cluster '${opened.session.name}' shows no CPU model '${name}'. Nothing was done.`;
  throw new ProxboxError('cpu_model_not_found', text, { where: { cluster_name: opened.session.name } });
}

const isSo = (row: Row, name: string, value: unknown): boolean =>
  toText(row[name]) === toText(typeof value === 'boolean' ? Number(value) : value);

/** Answers the row of the new model as the list has it. */
export function createCpuModel(write: ModelWrite, body: CpuModelBody, deps: WriteDeps): Promise<Row> {
  const { cputype } = body;
  return carryOut(
    { ...write, method: 'POST', since, privilege },
    async (opened) => {
      if ((await find(opened, cputype)) !== undefined) {
        const text = `Cluster '${opened.session.name}' has a CPU model '${cputype}'. Nothing was done.`;
        throw new ProxboxError('cpu_model_exists', text, { where: { cluster_name: opened.session.name } });
      }
      await opened.send(base, { cputype, ...valuesOf(body).set });
      return found(opened, cputype);
    },
    deps,
  );
}

export function changeCpuModel(
  write: ModelWrite,
  { name, body }: { readonly name: string; readonly body: CpuModelChange },
  deps: WriteDeps,
): Promise<Row> {
  return carryOut(
    { ...write, method: 'PUT', since, privilege },
    async (opened) => {
      const row = await found(opened, name);
      const { set, remove } = valuesOf(body);
      const changed = Object.entries(set).filter(([field, value]) => !isSo(row, field, value));
      const gone = remove.filter((field) => toText(row[field]) !== null);
      if (changed.length === 0 && gone.length === 0) return row;
      const parameters = { ...Object.fromEntries(changed), ...(gone.length === 0 ? {} : { delete: gone.join(',') }) };
      await opened.send(path`cluster/qemu/custom-cpu-models/${String(row.cputype)}`, parameters);
      return found(opened, String(row.cputype));
    },
    deps,
  );
}

/** Answers the row as it was. */
export function deleteCpuModel(write: ModelWrite, name: string, deps: WriteDeps): Promise<Row> {
  return carryOut(
    { ...write, method: 'DELETE', since, privilege },
    async (opened) => {
      const row = await found(opened, name);
      await opened.send(path`cluster/qemu/custom-cpu-models/${String(row.cputype)}`);
      return row;
    },
    deps,
  );
}
