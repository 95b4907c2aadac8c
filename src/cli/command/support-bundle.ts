/** `proxbox-api support-bundle`: what somebody who helps has to know, in one file, without secrets and names of guests. */
import { writeFile } from 'node:fs/promises';
import { arch, platform, release } from 'node:os';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Command } from 'commander';
import { packTar } from 'modern-tar';
import { z } from 'zod';
import { packageVersion } from '../../config/version.js';
import { errorText } from '../../errors/proxbox-error.js';
import { exitStatus } from '../exit-status.js';
import { guestNamesIn, pseudonymsFor, type Pseudonyms } from '../pseudonyms.js';
import { connected } from './connect.js';
import { askJson, askText, type Call, type Connection } from './connection.js';
import { runAndEnd } from './ending.js';
import { print, type Told } from './output.js';

interface BundleOptions {
  readonly names?: true;
  readonly runs: string;
}

/** A file of the bundle: a JSON value or a text. */
interface Part {
  readonly name: string;
  readonly content: unknown;
}

/** What is asked as it is, in this order; `.txt` is for people. */
const asked: readonly (Call & { readonly name: string })[] = [
  { name: 'settings.json', path: '/proxbox/settings' },
  { name: 'endpoints-netbox.json', path: '/netbox/endpoint' },
  { name: 'endpoints-proxmox.json', path: '/proxmox/endpoints' },
  { name: 'readiness.json', path: '/readyz', expects: 503 },
  { name: 'doctor-netbox.txt', path: '/netbox/doctor', query: { format: 'text' } },
  { name: 'doctor-proxmox.txt', path: '/proxmox/doctor', query: { format: 'text' } },
  { name: 'log.json', path: '/admin/logs', query: { limit: '1000' } },
  { name: 'metrics.txt', path: '/metrics' },
];

const Runs = z.looseObject({ runs: z.array(z.looseObject({ id: z.string() })) });
const Items = z.looseObject({ items: z.array(z.looseObject({ kind: z.string(), label: z.string() })) });

interface Collected extends Part {
  /** Of machines that it tells of. */
  readonly guests?: readonly string[];
}

/** What could not be had is said in its place: a service in trouble is why somebody asks. */
async function partOf(name: string, ask: () => Promise<Omit<Collected, 'name'>>): Promise<Collected> {
  try {
    return { name, ...(await ask()) };
  } catch (error) {
    return { name: `${name}.error.txt`, content: `It could not be had: ${errorText(error)}\n` };
  }
}

function askedPart(connection: Connection, { name, ...call }: (typeof asked)[number]): Promise<Collected> {
  return partOf(name, async () => {
    const { body } = await askText(connection, call);
    const content: unknown = name.endsWith('.json') ? JSON.parse(body) : body;
    return { content };
  });
}

/** A run with its stages, and what failed or was left out in it, the first 1,000 of either. */
function runPart(connection: Connection, id: string): Promise<Collected> {
  const path = `/runs/${encodeURIComponent(id)}`;
  return partOf(`runs/${id}.json`, async () => {
    const run = await askJson(connection, { path }, z.unknown());
    const [failed, skipped] = await Promise.all(
      ['failed', 'skipped'].map(async (outcome) => {
        const query = { outcome, limit: '1000' };
        return (await askJson(connection, { path: `${path}/items`, query }, Items)).items;
      }),
    );
    const machines = [...(failed ?? []), ...(skipped ?? [])].filter(({ kind }) => kind === 'virtual-machine');
    return { content: { run, failed, skipped }, guests: machines.map(({ label }) => label) };
  });
}

async function collect(connection: Connection, runs: string): Promise<readonly Collected[]> {
  const parts: Collected[] = [];
  for (const one of asked) parts.push(await askedPart(connection, one));
  const list = await partOf('runs.json', async () => ({
    content: await askJson(connection, { path: '/runs', query: { limit: runs } }, Runs),
  }));
  parts.push(list);
  const known = Runs.safeParse(list.content);
  for (const { id } of known.data?.runs ?? []) parts.push(await runPart(connection, id));
  return parts;
}

/** Guests that Proxmox lists now, and machines that runs tell of. */
async function namesOf(connection: Connection, parts: readonly Collected[]): Promise<readonly string[]> {
  const live = await askJson(connection, { path: '/proxmox/cluster/resources' }, z.unknown()).catch(() => null);
  return [...guestNamesIn(live), ...parts.flatMap(({ guests = [] }) => guests)];
}

function textOf({ content }: Part, pseudonyms: Pseudonyms | null): string {
  if (typeof content === 'string') return pseudonyms === null ? content : pseudonyms.inText(content);
  const value = pseudonyms === null ? content : pseudonyms.inValue(content);
  return `${JSON.stringify(value, null, 2)}\n`;
}

const about = (hasNames: boolean): string => `What proxbox-api ${packageVersion()} knows of itself, for whoever helps.

Secrets are not in it. ${
  hasNames
    ? 'Names of guests are as they are.'
    : 'Guests are called guest-1 and so on; clusters, nodes, storages, addresses and descriptions are as they are.'
}
The log is that of the service where PROXBOX_URL was set, else that of the command alone.
Where something could not be had, a file .error.txt says why. Look through it before you send it.
`;

async function bundle(file: string | undefined, { names, runs }: BundleOptions): Promise<number> {
  return connected('examine', async (connection) => {
    const parts = await collect(connection, runs);
    const pseudonyms = names === true ? null : pseudonymsFor(await namesOf(connection, parts));
    const versions = {
      version: packageVersion(),
      node: process.version,
      system: `${platform()} ${release()} ${arch()}`,
    };
    const all: readonly Part[] = [
      { name: 'README.txt', content: about(names === true) },
      { name: 'versions.json', content: versions },
      ...parts,
    ];
    const entries = all.map((part) => {
      const body = Buffer.from(textOf(part, pseudonyms));
      return { header: { name: `proxbox-support/${part.name}`, size: body.length, mode: 0o600 }, body };
    });
    const target = file ?? `proxbox-support-${new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, '-')}.tar.gz`;
    // What is there is not written over.
    await writeFile(target, await promisify(gzip)(await packTar(entries)), { flag: 'wx', mode: 0o600 });
    const missing = parts.filter(({ name }) => name.endsWith('.error.txt')).map(({ name }) => name);
    print(`${target} holds ${all.length} files${missing.length === 0 ? '' : `; not had: ${missing.join(', ')}`}.`);
    return exitStatus.ok;
  });
}

export function addSupportBundle(program: Command, told: Told): void {
  program
    .command('support-bundle')
    .summary('what somebody who helps has to know, in one file')
    .description(
      'Writes settings with their sources, endpoints, the last runs with what failed or was left out, both doctors, log and metrics into one .tar.gz, without secrets, and with other names for guests.',
    )
    .argument('[file]', 'that does not exist yet; default proxbox-support-<time>.tar.gz')
    .option('--names', 'leave the names of guests as they are')
    .option('--runs <number>', 'so many of the last runs', '20')
    .action(runAndEnd(told, bundle));
}
