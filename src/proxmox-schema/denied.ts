/**
 * What is never passed on, whatever the schema and `allow_writes` say: accounts, commands and consoles on nodes and in
 * guests, and answers that are no JSON. Pure.
 */
import type { SchemaMethod } from './types.js';

interface Denial {
  readonly methods: 'all' | 'writes';
  /** `*` is one segment, `**` at the end any number of them. */
  readonly path: string;
  readonly why: string;
}

const deny = (methods: Denial['methods'], path: string, why: string): Denial => ({ methods, path, why });

const accounts = 'it changes accounts, passwords or permissions';
const command = 'it runs a command or reaches into a guest';
const console = 'it opens a console or a tunnel';
const noJson = 'its input or answer is a file or a stream, not JSON';

const denials: readonly Denial[] = [
  deny('writes', 'access/**', accounts),
  deny('writes', 'nodes/*/execute', command),
  deny('all', 'nodes/*/qemu/*/agent/exec', command),
  deny('all', 'nodes/*/qemu/*/agent/exec-status', command),
  deny('all', 'nodes/*/qemu/*/agent/file-read', command),
  deny('all', 'nodes/*/qemu/*/agent/file-write', command),
  deny('writes', 'nodes/*/qemu/*/agent/set-user-password', accounts),
  deny('writes', 'nodes/*/qemu/*/monitor', command),
  deny('writes', 'nodes/*/qemu/*/sendkey', command),
  ...['termproxy', 'vncshell', 'spiceshell', 'vncwebsocket'].map((name) => deny('all', `nodes/*/${name}`, console)),
  ...['vncproxy', 'termproxy', 'spiceproxy', 'vncwebsocket', 'mtunnel', 'mtunnelwebsocket'].map((name) =>
    deny('all', `nodes/*/*/*/${name}`, console),
  ),
  deny('all', 'nodes/*/storage/*/upload', noJson),
  deny('all', 'nodes/*/storage/*/file-restore/download', noJson),
];

function isAt(pattern: string, segments: readonly string[]): boolean {
  const words = pattern.split('/');
  const isOpen = words.at(-1) === '**';
  const fixed = isOpen ? words.slice(0, -1) : words;
  if (isOpen ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((word, index) => word === '*' || word === segments[index]);
}

/** Why this request is never passed on, or undefined. */
export function denialOf(method: SchemaMethod, segments: readonly string[]): string | undefined {
  return denials.find(({ methods, path }) => (methods === 'all' || method !== 'GET') && isAt(path, segments))?.why;
}
