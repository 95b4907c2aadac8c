/** Runs a line of `pveum` the way Proxmox does: as a call of the API by root@pam, here over HTTPS on a simulator. */
import { execFileSync } from 'node:child_process';
import { Agent, fetch } from 'undici';
import type { ProxmoxSimulatorOptions } from '../simulator/proxmox/index.js';

const secret = 'root-of-the-simulator';

/** Give it to the simulator as one of its users. */
export const root: NonNullable<ProxmoxSimulatorOptions['users']>[number] = {
  userid: 'root@pam',
  password: secret,
  tokens: [{ name: 'shell', value: secret, privilegeSeparation: false }],
};

interface Call {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Names of the parameters that are given without a dash. */
  readonly words: readonly string[];
}

const calls: Readonly<Record<string, Call>> = {
  'role add': { method: 'POST', path: '/access/roles', words: ['roleid'] },
  'role modify': { method: 'PUT', path: '/access/roles/{roleid}', words: ['roleid'] },
  'user add': { method: 'POST', path: '/access/users', words: ['userid'] },
  'user modify': { method: 'PUT', path: '/access/users/{userid}', words: ['userid'] },
  'group add': { method: 'POST', path: '/access/groups', words: ['groupid'] },
  'user token': { method: 'POST', path: '/access/users/{userid}/token/{tokenid}', words: ['', 'userid', 'tokenid'] },
  'acl modify': { method: 'PUT', path: '/access/acl', words: ['path'] },
};

/** A shell takes the line apart, so that its quoting is tried as well. */
function wordsOf(line: string): readonly string[] {
  return execFileSync('/bin/sh', ['-c', `pveum() { printf '%s\\n' "$@"; }; ${line}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

/** Answers the `data`. Throws with the status line when the API refuses, and for commands that it does not know. */
export async function pveum(line: string, url: string): Promise<unknown> {
  const [group = '', verb = '', ...rest] = wordsOf(line);
  const call = calls[`${group} ${verb}`];
  if (call === undefined) throw new Error(`no such command: ${line}`);
  const parameters = new Map<string, string>(call.words.map((name, index) => [name, rest[index] ?? '']));
  const named = rest.slice(call.words.length);
  for (let at = 0; at < named.length; at += 2)
    parameters.set((named[at] ?? '').replace(/^--/, ''), named[at + 1] ?? '');
  // The word `add` of `user token add`.
  if (parameters.get('') !== undefined && parameters.get('') !== 'add') throw new Error(`no such command: ${line}`);
  parameters.delete('');
  const path = call.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters.get(name) ?? '';
    parameters.delete(name);
    return encodeURIComponent(value);
  });
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const answer = await fetch(`${url}/api2/json${path}`, {
    method: call.method,
    dispatcher,
    headers: {
      authorization: `PVEAPIToken=root@pam!shell=${secret}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams([...parameters]).toString(),
  });
  const text = await answer.text();
  await dispatcher.close();
  if (!answer.ok) throw new Error(`${line}: ${answer.status} ${answer.statusText} ${text}`);
  return (JSON.parse(text) as { data: unknown }).data;
}
