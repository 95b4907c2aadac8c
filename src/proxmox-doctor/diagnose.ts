/** From what was found out to causes and cures. Pure. */
import { isWell, worstFirst } from '../doctor/problem.js';
import { hostPortText } from '../proxmox/host.js';
import { tlsStatus, tlsProblems } from './diagnose-tls.js';
import { privilegeProblems, privilegeReports } from './diagnose-privileges.js';
import { connectionProblem } from './diagnose-connection.js';
import type { Address, AddressReport, DoctorReport, EndpointReport, Findings, OpenFindings, Problem } from './types.js';

export function summarize(endpoints: readonly EndpointReport[]): DoctorReport {
  return { ok: endpoints.length > 0 && endpoints.every(({ ok }) => ok), endpoints };
}

/** @param now decides which certificates have expired */
export function diagnose(findings: Findings, now: Date): EndpointReport {
  const { endpoint, addresses, session } = findings;
  const problems = session.ok
    ? [...tlsProblems(findings, now), ...openProblems(findings, session.open)]
    : [connectionProblem(findings, session.error, now)];
  const open = session.ok ? session.open : null;
  return {
    endpoint_id: endpoint.id,
    endpoint: endpoint.name,
    ok: isWell(problems),
    reachable: isReachable(findings),
    verify_ssl: endpoint.verifySsl,
    addresses: addresses.map((address) => addressReport(address, now)),
    login: loginReport(findings),
    version: open?.version ?? null,
    cluster: open === null ? null : { name: open.name, mode: open.mode },
    nodes: open?.status.nodes.map(({ name, online }) => ({ name, online })) ?? [],
    privileges: open === null ? [] : privilegeReports(open),
    reads: open?.reads.map(({ read, path, outcome, detail }) => ({ read, path, outcome, detail })) ?? [],
    problems: worstFirst(problems),
  };
}

function loginReport(findings: Findings): EndpointReport['login'] {
  const { account } = findings;
  const accepted = isAccepted(findings);
  if (account === null) return { kind: null, account: '', accepted };
  const { user, token } = account;
  return token === null
    ? { kind: 'password', account: user, accepted }
    : { kind: 'token', account: `${user}!${token}`, accepted };
}

function openProblems(findings: Findings, open: OpenFindings): readonly Problem[] {
  return [
    ...privilegeProblems(findings, open),
    ...clusterProblems(open),
    ...failedReads(open),
    ...silentAddresses(findings),
  ];
}

/** The endpoint works through another of its addresses. */
function silentAddresses({ addresses, endpoint }: Findings): readonly Problem[] {
  return addresses.flatMap(({ target, greeting }) =>
    greeting.kind === 'tls'
      ? []
      : [
          {
            code: 'address_unreachable',
            severity: 'note',
            cause: `${hostPortText(target)} is not reached (${greeting.reason}); another address of the endpoint answers.`,
            cure: `Correct or remove it (PUT /proxmox/endpoints/${endpoint.id}): each new connection tries it first if it is the domain, and waits for it.`,
            commands: [],
            missing: [],
          } as const,
        ],
  );
}

function clusterProblems({ status, name, silentNodes }: OpenFindings): readonly Problem[] {
  const offline = status.nodes.filter((node) => !node.online);
  const problems: Problem[] = [];
  if (offline.length > 0) {
    const names = offline.map((node) => (node.ip === '' ? node.name : `${node.name} (${node.ip})`)).join(', ');
    problems.push({
      code: 'node_offline',
      severity: 'warning',
      cause: `Cluster "${name}" does not reach ${offline.length === 1 ? 'its node' : 'its nodes'} ${names}.`,
      cure: 'Start the node, or look at its network: the first command tells whom the cluster sees, the second, on the node itself, whether its cluster services run. A node that is gone for good is removed with pvecm delnode.',
      commands: ['pvecm status', 'systemctl status pve-cluster corosync'],
      missing: [
        'configuration, disks, interfaces, addresses, snapshots and tasks of the guests on it, and its local backups: what NetBox has of them stays as it is',
      ],
    });
  }
  if (silentNodes.length > 0) {
    problems.push({
      code: 'node_silent',
      severity: 'warning',
      cause: `${silentNodes.join(', ')} of "${name}": online, but the guests there are listed without name and figures.`,
      cure: 'It is so for a minute after the start of a node. If it lasts, the status daemon hangs, often because a storage does not answer: the first command, on the node itself, says which one, the second starts the daemon anew.',
      commands: ['pvesm status', 'systemctl restart pvestatd'],
      missing: ['every change of the guests on it, and new ones: what NetBox has of them stays as it is'],
    });
  }
  if (status.cluster?.quorate === false) {
    problems.push({
      code: 'no_quorum',
      severity: 'warning',
      cause: `Cluster "${name}" has no quorum: Proxmox answers, but nothing can be changed in it.`,
      cure: 'Bring back enough nodes for a majority.',
      commands: ['pvecm status'],
      missing: ['changes that were made since the quorum was lost on nodes that are out of reach'],
    });
  }
  return problems;
}

function failedReads({ reads }: OpenFindings): readonly Problem[] {
  return reads
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ path, detail }) => ({
      code: 'read_failed',
      severity: 'warning',
      cause: `GET ${path} failed: ${detail}.`,
      cure: 'Read the reason; the log of pveproxy and pvedaemon on the node says more.',
      commands: ['journalctl -u pveproxy -u pvedaemon --since "10 minutes ago"'],
      missing: ['what this read is for, until it works'],
    }));
}

function addressReport({ target, greeting }: Address, now: Date): AddressReport {
  const certificate = greeting.kind === 'tls' ? greeting.certificate : null;
  return {
    host: target.host,
    port: target.port,
    reachable: greeting.kind !== 'unreachable',
    tls: tlsStatus(greeting, now),
    reason: greeting.kind === 'tls' ? '' : greeting.reason,
    certificate:
      certificate === null
        ? null
        : {
            subject: certificate.subject,
            issuer: certificate.issuer,
            names: certificate.names,
            valid_from: certificate.validFrom.toISOString(),
            valid_to: certificate.validTo.toISOString(),
            fingerprint_sha256: certificate.fingerprint,
          },
  };
}

/** An answer with a status counts as reached, also a refusal. */
function isReachable({ session, addresses }: Findings): boolean {
  if (session.ok || session.error.upstream !== undefined) return true;
  return addresses.some(({ greeting }) => greeting.kind !== 'unreachable');
}

function isAccepted({ session }: Findings): boolean | null {
  if (session.ok) return true;
  return session.error.code === 'proxmox_unauthorized' ? false : null;
}
