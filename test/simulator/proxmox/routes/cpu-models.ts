/** Making, changing and deleting custom CPU models (9.2). */
import type { PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { ParameterRules } from '../parameters.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';

const path = '/cluster/qemu/custom-cpu-models';
const permission = { at: '/mapping/cpu', all: ['Mapping.Modify'] } as const;
const text = { type: 'string' } as const;
const fields = {
  'reported-model': { ...text, values: ['kvm64', 'qemu64', 'max', 'host', 'EPYC'] },
  flags: { ...text, pattern: /^[+-][a-zA-Z0-9_.-]+(;[+-][a-zA-Z0-9_.-]+)*$/ },
  'hv-vendor-id': { ...text, pattern: /^[a-zA-Z0-9]{1,12}$/ },
  hidden: { type: 'boolean' },
  'phys-bits': text,
  'guest-phys-bits': { type: 'integer' },
  level: { type: 'integer', minimum: 0 },
} as const satisfies ParameterRules;

const rowsOf = ({ cluster }: Call): PveRow[] => (cluster.cpuModels ??= []);

function valuesOf({ parameters }: Call): PveRow {
  return Object.fromEntries(
    Object.keys(fields).flatMap((name) => {
      const value = parameters[name];
      return value === undefined ? [] : [[name, typeof value === 'boolean' ? Number(value) : value]];
    }),
  );
}

function rowAt(call: Call): PveRow {
  const name = placeOf(call, 'cputype');
  const row = rowsOf(call).find(({ cputype }) => cputype === name);
  if (row === undefined) throw new ApiError(500, `no such custom CPU model '${name}'`);
  return row;
}

function create(call: Call): null {
  const name = String(call.parameters['cputype']);
  const cputype = name.startsWith('custom-') ? name : `custom-${name}`;
  if (rowsOf(call).some((row) => row['cputype'] === cputype))
    throw new ApiError(500, `custom CPU model '${cputype}' already exists`);
  rowsOf(call).push({ cputype, ...valuesOf(call) });
  return null;
}

function change(call: Call): null {
  const rows = rowsOf(call);
  const row = rowAt(call);
  const gone = String(call.parameters['delete'] ?? '').split(',');
  const kept = Object.entries(row).filter(([name]) => !gone.includes(name));
  rows[rows.indexOf(row)] = { ...Object.fromEntries(kept), ...valuesOf(call) };
  return null;
}

function remove(call: Call): null {
  const rows = rowsOf(call);
  rows.splice(rows.indexOf(rowAt(call)), 1);
  return null;
}

export const cpuModelWrites: readonly Route[] = [
  {
    method: 'POST',
    path,
    profiles: ['9.2'],
    permission,
    parameters: { cputype: { ...text, required: true }, ...fields },
    handler: create,
  },
  {
    method: 'PUT',
    path: `${path}/{cputype}`,
    profiles: ['9.2'],
    permission,
    parameters: { ...fields, delete: text },
    handler: change,
  },
  { method: 'DELETE', path: `${path}/{cputype}`, profiles: ['9.2'], permission, handler: remove },
];
