/** nginx and Caddy in front of a service, each started with its file of docs/deploy; only addresses and certificates are others. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { freePort } from '../demo/free-port.js';
import type { Certificate } from '../support/certificates.js';
import { read } from '../support/deploy-files.js';
import { eventually } from '../support/eventually.js';

export const proxyNames = ['nginx', 'caddy'] as const;
export type ProxyName = (typeof proxyNames)[number];

export interface Proxy {
  /** Of https; the host is 127.0.0.1. */
  readonly port: number;
  /** What redirects to it. */
  readonly plainPort: number;
  /** What its own check of the file says: "" is nothing. */
  readonly checked: string;
  stop(): Promise<void>;
}

const host = 'proxbox.example.com';

/** Every replacement has to hit, so that what is tested is what stands in the file. */
function moved(text: string, places: readonly (readonly [string, string])[]): string {
  return places.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`The file does not say ${from}.`);
    return changed.replaceAll(from, to);
  }, text);
}

interface Made {
  readonly folder: string;
  readonly port: number;
  readonly plainPort: number;
  /** host:port */
  readonly service: string;
}

interface Started {
  readonly command: string;
  readonly check: readonly string[];
  readonly run: readonly string[];
}

/** The main file does what such files do and what streams do not bear, so that ours has to undo it. */
function nginx({ folder, port, plainPort, service }: Made): Started {
  const site = moved(read('nginx.conf'), [
    ['127.0.0.1:8800', service],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['listen [::]:443 ssl;', ''],
    [`/etc/nginx/tls/${host}`, path.join(folder, host)],
  ]);
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
  writeFileSync(path.join(folder, 'site.conf'), site);
  writeFileSync(
    path.join(folder, 'main.conf'),
    `daemon off;\nuser root;\npid ${folder}/pid;\nerror_log stderr warn;\nworker_processes 1;\nevents { worker_connections 256; }
http {\naccess_log off;\n${temporary}\ngzip on;\ngzip_types *;\ngzip_min_length 1;\nproxy_buffering on;\nproxy_read_timeout 60s;
include ${folder}/site.conf;\n}\n`,
  );
  const args = ['-e', 'stderr', '-p', folder, '-c', path.join(folder, 'main.conf')];
  return { command: inject('nginx'), check: [...args, '-t', '-q'], run: args };
}

function caddy({ folder, port, plainPort, service }: Made): Started {
  const site = moved(read('Caddyfile'), [
    ['127.0.0.1:8800', service],
    [`/etc/caddy/tls/${host}`, path.join(folder, host)],
    [`${host} {`, `https://${host}:${port}, https://127.0.0.1:${port} {\n\tbind 127.0.0.1`],
  ]);
  const file = path.join(folder, 'Caddyfile');
  writeFileSync(
    file,
    `{\n\tadmin off\n\thttp_port ${plainPort}\n\thttps_port ${port}\n\tdefault_bind 127.0.0.1\n}\n\n${site}`,
  );
  const args = ['--config', file, '--adapter', 'caddyfile'];
  return { command: inject('caddy'), check: ['validate', ...args], run: ['run', ...args] };
}

/** Starts it, and waits until it answers. @param serviceUrl where the service listens, on the loopback address */
export async function startProxy(name: ProxyName, serviceUrl: string, { cert, key }: Certificate): Promise<Proxy> {
  const folder = mkdtempSync(path.join(tmpdir(), `proxbox-${name}-`));
  writeFileSync(path.join(folder, `${host}.crt`), cert);
  writeFileSync(path.join(folder, `${host}.key`), key, { mode: 0o600 });
  mkdirSync(path.join(folder, 'home'));
  const made = { folder, port: await freePort(), plainPort: await freePort(), service: new URL(serviceUrl).host };
  const { command, check, run } = (name === 'nginx' ? nginx : caddy)(made);
  const env = { PATH: process.env['PATH'], HOME: path.join(folder, 'home') };
  const checked = execFileSync(command, check, { env, encoding: 'utf8', stdio: 'pipe' });
  const child = spawn(command, run, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk) => (told += String(chunk)));
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${told}`);
    await ask(made.port, '/livez');
  });
  return { ...made, checked, stop: () => stop(child, folder) };
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const ended = child.exitCode === null ? once(child, 'exit') : undefined;
  child.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

type Asked = Omit<RequestOptions, 'headers'> & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** @param localAddress of the client, such as 127.0.0.2 */
export function ask(port: number, at: string, { body, ...options }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: at, rejectUnauthorized: false, agent: false, ...options },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject).end(body);
  });
}
