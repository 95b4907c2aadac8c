/** The report of a NetBox for people. Pure. */
import { columns, factLines, problemText } from '../doctor/text.js';
import type { NetBoxDoctorReport, RightReport } from './types.js';

const stateTexts = {
  present: 'yes',
  missing: 'MISSING',
  conditional: 'IN PART',
  unknown: 'unknown',
  absent: 'no such objects',
} as const satisfies Record<RightReport['state'], string>;

const purposeTexts = {
  sync: '',
  sdn: '(SDN only)',
  orphans: '(deleting machines only)',
  better: '(optional)',
} as const satisfies Record<RightReport['purpose'], string>;

export function reportText(report: NetBoxDoctorReport): string {
  const { endpoint, endpoint_id: id, ok } = report;
  const name = id === null ? 'NetBox' : `${endpoint} (NetBox endpoint ${id})`;
  const head = [`${name}: ${ok ? 'well' : 'NOT WELL'}`, ...factLines(factsOf(report))].join('\n');
  const parts = [head, ...rightTable(report), ...report.problems.map(problemText)];
  return `${parts.join('\n\n')}\n\n${ok ? 'All is well.' : 'Not all is well.'}\n`;
}

function factsOf(report: NetBoxDoctorReport): readonly (readonly [name: string, text: string])[] {
  const { version, plugin_version: plugin, user, clock_difference_seconds: clock, page_size: page } = report;
  if (version === null) return [];
  return [
    ['version', `NetBox ${version}`],
    ['plugin', plugin === null ? 'netbox-proxbox is not installed' : `netbox-proxbox ${plugin}`],
    ...(report.branching ? [['branches', 'netbox-branching is installed'] as const] : []),
    ['token', `${report.token_version ?? ''} of ${user ?? 'a user that is not told'}`],
    ...(clock === null ? [] : [['clock', `${clock} s from this one`] as const]),
    ['page', page === null ? '1000 objects at once, as asked for' : `${page} objects at once`],
  ];
}

/** A row per object type and state, as most are alike. */
function rightTable({ rights }: NetBoxDoctorReport): readonly string[] {
  if (rights.length === 0) return [];
  const rows = new Map<string, { readonly right: RightReport; readonly actions: string[] }>();
  for (const right of rights) {
    const key = [right.object_type, right.state, right.purpose].join(' ');
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { right, actions: [right.action] });
    else row.actions.push(right.action);
  }
  const lines = [...rows.values()].map(({ right, actions }) => [
    right.object_type,
    actions.join(', '),
    stateTexts[right.state],
    [purposeTexts[right.purpose], right.without].filter((text) => text !== '').join(' '),
  ]);
  return [columns(['object type', 'permission', 'granted', 'missing without it'], lines)];
}
