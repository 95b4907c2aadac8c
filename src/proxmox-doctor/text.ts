/** The report for people. Pure. */
import { columns, factLines, problemText } from '../doctor/text.js';
import { hostPortText } from '../proxmox/host.js';
import { readNeeds } from '../proxmox/privileges.js';
import type { AddressReport, DoctorReport, EndpointReport } from './types.js';

const tlsTexts = {
  verified: 'verified',
  expired: 'expired',
  not_yet_valid: 'not valid yet',
  wrong_name: 'for another name',
  self_signed: 'self-signed',
  unknown_authority: 'signed by an unknown authority',
  no_tls: 'no TLS',
  unknown: 'unknown',
} as const satisfies Record<AddressReport['tls'], string>;

const loginTexts = { true: 'accepted', false: 'REFUSED', null: 'not tried' } as const;

const outcomeTexts = { answered: 'answered', refused: 'REFUSED', failed: 'FAILED', not_tried: 'not tried' } as const;

const stateTexts = { present: 'yes', partial: 'in part', missing: 'MISSING', unknown: 'unknown' } as const;

export function reportText({ endpoints, ok }: DoctorReport): string {
  if (endpoints.length === 0)
    return 'No Proxmox endpoint is stored, enabled and selected: there is nothing to examine.\n';
  const well = endpoints.filter((endpoint) => endpoint.ok).length;
  const last = ok ? 'All is well.' : `${well} of ${endpoints.length} endpoints are well.`;
  return `${endpoints.map(endpointText).join('\n')}\n${last}\n`;
}

function endpointText(report: EndpointReport): string {
  const { endpoint, endpoint_id: id, ok } = report;
  const tables = report.cluster === null ? [] : [privilegeTable(report), readTable(report)];
  const problems = report.problems.map(problemText);
  const head = [`${endpoint} (endpoint ${id}): ${ok ? 'well' : 'NOT WELL'}`, ...factLines(factsOf(report))].join('\n');
  return `${[head, ...tables, ...problems].join('\n\n')}\n`;
}

function factsOf(report: EndpointReport): readonly (readonly [name: string, text: string])[] {
  const { login, version, cluster, nodes, verify_ssl: verifies } = report;
  const check = verifies ? 'checked' : 'not checked: verify_ssl is off';
  const offline = nodes.filter(({ online }) => !online).map(({ name }) => name);
  const lines = report.addresses.map((address) => {
    const tls =
      address.certificate === null ? tlsTexts[address.tls] : `certificate ${tlsTexts[address.tls]} (${check})`;
    return ['address', `${hostPortText(address)}, ${address.reachable ? `reached, ${tls}` : 'NOT REACHED'}`] as const;
  });
  return [
    ...lines,
    [
      'login',
      login.kind === null ? 'not possible' : `${login.kind} of ${login.account}, ${loginTexts[`${login.accepted}`]}`,
    ],
    ...(version === null ? [] : [['version', `Proxmox VE ${version.version}`] as const]),
    ...(cluster === null ? [] : [['cluster', `${cluster.name} (${cluster.mode})`] as const]),
    ...(nodes.length === 0
      ? []
      : [
          [
            'nodes',
            `${nodes.length}, ${offline.length === 0 ? 'all online' : `OFFLINE: ${offline.join(', ')}`}`,
          ] as const,
        ]),
  ];
}

function privilegeTable({ privileges }: EndpointReport): string {
  const rows = privileges.map(({ privilege, path, state, reader, without }) => [
    privilege,
    path,
    reader ? stateTexts[state] : state === 'present' ? 'yes' : 'no',
    `${reader ? '' : '(optional) '}${without.join('; ')}`,
  ]);
  return columns(['privilege', 'on', 'granted', 'missing without it'], rows);
}

function readTable({ reads }: EndpointReport): string {
  const rows = reads.map(({ read, path, outcome, detail }) => [
    `GET ${readNeeds.find((need) => need.read === read && outcome === 'not_tried')?.path ?? path}`,
    outcomeTexts[outcome],
    outcome === 'refused' || outcome === 'failed' ? 'see below' : detail,
  ]);
  return columns(['read', 'outcome', ''], rows);
}
