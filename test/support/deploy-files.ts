/** The files of docs/deploy, read as the programs read them that they are for. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const root = path.join(import.meta.dirname, '../..');
export const folder = path.join(root, 'docs/deploy');
export const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

export type Variables = Readonly<Record<string, string>>;

export interface ComposeService {
  readonly image: string;
  readonly build?: string | object;
  readonly environment?: Variables;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly extends?: { readonly file: string; readonly service: string };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
  readonly mem_limit?: string;
  readonly read_only?: boolean;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export function composeFile(name: string): ComposeFile {
  return parse(read(name), { merge: true }) as ComposeFile;
}

/** An object of Kubernetes; its shape is checked against the types of Kubernetes by a test. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Variables };
  // Each kind has a shape of its own.
  readonly spec: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export function kubernetesObjects(name: string): readonly KubernetesObject[] {
  return parseAllDocuments(read(name)).map((document) => document.toJS() as KubernetesObject);
}

/** The only object of this kind in both files. */
export function kubernetesObject(kind: string): KubernetesObject {
  const found = ['kubernetes.yaml', 'kubernetes-cronjob.yaml']
    .flatMap(kubernetesObjects)
    .filter((one) => one.kind === kind);
  if (found.length !== 1) throw new Error(`There are ${found.length} objects of the kind ${kind}.`);
  return found[0]!;
}

/** What stands behind `name=` in the unit, line by line, as systemd takes them: a later one adds to those before. */
export function unitValues(name: string): readonly string[] {
  return Array.from(read('proxbox-api.service').matchAll(new RegExp(`^${name}=(.*)$`, 'gm')), ([, value]) => value!);
}

const assignments = (lines: readonly string[]): Variables =>
  Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

/** @param withCommented whether those count that somebody has to take the `#` away from */
function environmentFile(withCommented: boolean): Variables {
  const line = withCommented ? /^#?([A-Z][A-Z_]*=.*)$/gm : /^([A-Z][A-Z_]*=.*)$/gm;
  return assignments(Array.from(read('proxbox-api.env.example').matchAll(line), ([, text]) => text!));
}

/** Those that are commented out in a YAML file: `# NAME: value`, and of Kubernetes `# - name: NAME` with its value. */
function commentedOut(name: string): Variables {
  const mapped = /^ *# ([A-Z][A-Z_]*): (.+)$/gm;
  const listed = /^ *# - name: ([A-Z][A-Z_]*)\n *# {3}value: (.+)$/gm;
  const found = [mapped, listed].flatMap((pattern) => [...read(name).matchAll(pattern)]);
  return Object.fromEntries(found.map(([, variable, value]) => [variable!, value!]));
}

/** What `ENV` of the Dockerfile says. */
export function imageVariables(): Variables {
  const text = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
  const [, block = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text) ?? [];
  return assignments(block.split(/\\\n|\s/).filter((part) => part.includes('=')));
}

/** `${NAME:?text}` becomes what `.env` would say. */
const exampleKey = 'an-encryption-key-for-the-tests-of-deployments';
const interpolated = (value: string): string => value.replace(/\$\{\w+:\?[^}]*\}/g, exampleKey);

export type Deployment = 'compose.yaml' | 'proxbox-api.service' | 'kubernetes.yaml';
export const deployments: readonly Deployment[] = ['compose.yaml', 'proxbox-api.service', 'kubernetes.yaml'];

interface Asked {
  readonly withCommented?: boolean;
}

/** What the process of the service is started with: by the image or unit, and by the files beside it. */
export function variablesOf(deployment: Deployment, { withCommented = false }: Asked = {}): Variables {
  const more = withCommented && deployment !== 'proxbox-api.service' ? commentedOut(deployment) : {};
  if (deployment === 'proxbox-api.service')
    return { ...assignments(unitValues('Environment')), ...environmentFile(withCommented) };
  return { ...imageVariables(), ...ownVariables(deployment), ...more };
}

function ownVariables(deployment: 'compose.yaml' | 'kubernetes.yaml'): Variables {
  if (deployment === 'compose.yaml') {
    const { environment = {} } = composeFile(deployment).services['proxbox-api']!;
    return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolated(value)]));
  }
  return podVariables(kubernetesObject('Deployment').spec.template.spec.containers[0].env);
}

/** Values from a secret are left empty. */
export function podVariables(env: readonly { readonly name: string; readonly value?: string }[]): Variables {
  return Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
}
