/** The files of docs/deploy say what is so: variables, ports, users, folders and versions are those of the service and its image. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, it } from 'vitest';
import { processVariables } from '../../../src/config/env-table.js';
import { parseEnv } from '../../../src/config/env.js';
import { tunableKeys, tunables } from '../../../src/config/tunables.js';
import {
  composeFile,
  deployments,
  folder,
  imageVariables,
  kubernetesObject,
  kubernetesObjects,
  read,
  unitValues,
  variablesOf,
} from '../../support/deploy-files.js';
import { typeErrorsOf } from '../../support/kubernetes-types.js';

const root = path.join(import.meta.dirname, '../../..');
const readRoot = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const dockerfile = readRoot('Dockerfile');
const { version, bin } = JSON.parse(readRoot('package.json')) as { version: string; bin: Record<string, string> };
const inImage = (instruction: string): string =>
  new RegExp(`^${instruction} (.+)$`, 'm').exec(dockerfile)?.[1] ?? `no ${instruction}`;

const [uid, gid] = inImage('USER').split(':').map(Number);
const port = Number(inImage('EXPOSE'));
const data = inImage('VOLUME');

/** Read by the service beside those of its tables: where its folders are, in which zone a schedule is, how large its heap is. */
const beside: Readonly<Record<string, string>> = {
  XDG_DATA_HOME: 'src/config/env.ts',
  TZ: 'src/config/env-table.ts',
  NODE_ENV: 'Dockerfile',
  CGROUP_FOLDER: 'src/cli/start.sh',
};
const known = new Set([
  ...processVariables.map(({ variable }) => variable),
  ...tunableKeys.flatMap((key) => tunables[key].variable ?? []),
  ...Object.keys(beside),
]);

describe('a variable in docs/deploy', () => {
  it.each(deployments)('of %s is one that the service knows, also where it is commented out', (name) => {
    const names = Object.keys(variablesOf(name, { withCommented: true }));

    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((one) => !known.has(one))).toEqual([]);
  });

  it.each(deployments)('of %s has a value that the service takes', (name) => {
    const { warnings, refusals, notes } = parseEnv(variablesOf(name, { withCommented: true }));

    expect({ warnings, refusals, notes }).toEqual({ warnings: [], refusals: [], notes: [] });
  });

  it('beside those of the tables is read where this test says', () => {
    expect(Object.entries(beside).filter(([name, file]) => !readRoot(file).includes(name))).toEqual([]);
  });

  it('that begins with PROXBOX_ is known, wherever it is named', () => {
    const named = readdirSync(folder).flatMap((file) =>
      Array.from(read(file).matchAll(/\bPROXBOX_[A-Z_]+[A-Z]\b/g), ([name]) => `${file}: ${name}`),
    );

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((one) => !known.has(one.split(': ')[1]!))).toEqual([]);
  });

  it('of the others is one of NetBox, PostgreSQL or Valkey', () => {
    const ofOthers: Readonly<Record<string, readonly string[]>> = {
      netbox: [
        ...['ALLOWED_HOSTS', 'API_TOKEN_PEPPER_1', 'SECRET_KEY', 'SKIP_SUPERUSER'],
        ...['DB_HOST', 'DB_NAME', 'DB_PASSWORD', 'DB_USER'],
        ...['REDIS_DATABASE', 'REDIS_HOST', 'REDIS_PASSWORD'],
        ...['REDIS_CACHE_DATABASE', 'REDIS_CACHE_HOST', 'REDIS_CACHE_PASSWORD'],
      ],
      postgres: ['POSTGRES_DB', 'POSTGRES_PASSWORD', 'POSTGRES_USER'],
      // Taken by its command.
      valkey: ['REDIS_PASSWORD'],
    };
    const { services } = composeFile('compose-with-netbox.yaml');
    const named = Object.entries(services)
      .filter(([name]) => name !== 'proxbox-api')
      .map(([name, { environment = {} }]) => [name, Object.keys(environment).sort()] as const);

    expect(Object.fromEntries(named)).toEqual({
      netbox: ofOthers['netbox']!.toSorted(),
      'netbox-worker': ofOthers['netbox']!.toSorted(),
      postgres: ofOthers['postgres'],
      valkey: ofOthers['valkey'],
    });
  });
});

interface Remark {
  readonly rule: string;
  readonly message: string;
}

/** By the schema of the Compose specification; what the linter thinks of order and style is not asked. */
async function composeFaultsOf(file: string): Promise<readonly string[]> {
  const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] });
  const told = (await linter.lintFiles([file], false)) as readonly { readonly messages: readonly Remark[] }[];
  if (told.length !== 1) throw new Error(`${file} was not looked at.`);
  return told[0]!.messages.filter(({ rule }) => rule.startsWith('invalid-')).map(({ message }) => message);
}

describe('compose', () => {
  const { services, volumes } = composeFile('compose.yaml');
  const service = services['proxbox-api']!;

  it.each(['compose.yaml', 'compose-with-netbox.yaml'])('%s is right by the schema of Compose', async (name) => {
    expect(await composeFaultsOf(path.join(folder, name))).toEqual([]);
  });

  it('is looked at by a check that sees what does not belong', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'proxbox-compose-')), 'compose.yaml');
    writeFileSync(file, read('compose.yaml').replace('mem_limit', 'memlimit'));

    expect(await composeFaultsOf(file)).toEqual([expect.stringContaining('must NOT have additional properties')]);
  });

  it('publishes the port of the image and keeps what the image keeps', () => {
    expect(service.ports!.map((one) => Number(one.split(':').at(-1)))).toEqual([port]);
    expect(service.volumes).toEqual([`proxbox-data:${data}`]);
    expect(Object.keys(volumes)).toEqual(['proxbox-data']);
    expect(service.read_only).toBe(true);
  });

  it('publishes for this machine only, as the first key belongs to whoever comes first', () => {
    const published = ['compose.yaml', 'compose-with-netbox.yaml'].flatMap((name) =>
      Object.values(composeFile(name).services).flatMap(({ ports = [] }) => ports),
    );

    expect(published).toHaveLength(2);
    expect(published.filter((one) => !one.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('is made of this checkout', () => {
    expect(existsSync(path.join(folder, service.build as string, 'Dockerfile'))).toBe(true);
    expect(readRoot('README.md')).toContain(`docker build -t ${service.image} .`);
  });

  it('beside a NetBox takes the service from the file of its own, and has every volume and neighbour that is named', () => {
    const both = composeFile('compose-with-netbox.yaml');
    const named = Object.values(both.services).flatMap((one) => one.volumes ?? []);
    const waited = Object.values(both.services).flatMap((one) => Object.entries(one.depends_on ?? {}));

    expect(both.services['proxbox-api']).toEqual({ extends: { file: 'compose.yaml', service: 'proxbox-api' } });
    expect(Object.keys(both.volumes).sort()).toEqual(
      [...new Set([...named, ...service.volumes!].map((one) => one.split(':')[0]!))].sort(),
    );
    expect(waited).toHaveLength(3);
    expect(waited.filter(([name]) => both.services[name]?.healthcheck === undefined)).toEqual([]);
  });

  it('installs the release of the plugin that the quick start names', () => {
    const plugin = /netbox-proxbox==[\w.]+/;

    expect(plugin.exec(read('compose-with-netbox.yaml'))![0]).toBe(
      plugin.exec(readRoot('docs/with-the-plugin.md'))![0],
    );
  });
});

describe('Kubernetes', () => {
  const deployment = kubernetesObject('Deployment').spec;
  const pod = deployment.template.spec;
  const [container] = pod.containers;
  const cronJob = kubernetesObject('CronJob').spec.jobTemplate.spec.template;
  const service = kubernetesObject('Service');
  const policy = kubernetesObject('NetworkPolicy').spec;
  const labelled = { 'app.kubernetes.io/name': 'proxbox-api' };

  it.each(['kubernetes.yaml', 'kubernetes-cronjob.yaml'])('%s has the shapes of Kubernetes', (name) => {
    const objects = kubernetesObjects(name).filter(({ kind }) => kind !== 'ServiceMonitor');

    expect(objects.length).toBeGreaterThan(0);
    expect(typeErrorsOf(objects)).toEqual([]);
  });

  it('is looked at by a check that sees what does not belong', () => {
    const { metadata } = service;
    const wrong = [{ port: [] }, { ports: [{ port: 'x' }] }, { ports: [{}] }].map((spec) => ({
      ...{ apiVersion: 'v1', kind: 'Service', metadata, spec },
    }));

    expect(typeErrorsOf(wrong)).toEqual([
      expect.stringContaining(`'"port"' does not exist`),
      expect.stringContaining("'string' is not assignable to type 'number'"),
      expect.stringMatching(/'port' is missing/),
    ]);
  });

  it('runs one process, as the user of the image, which writes to the volume of the image', () => {
    expect([deployment.replicas, deployment.strategy]).toEqual([1, { type: 'Recreate' }]);
    for (const { runAsUser, runAsGroup, runAsNonRoot } of [pod.securityContext, cronJob.spec.securityContext])
      expect([runAsUser, runAsGroup, runAsNonRoot]).toEqual([uid, gid, true]);
    expect(pod.securityContext.fsGroup).toBe(gid);
    expect(container.volumeMounts.find(({ name }: { name: string }) => name === 'data').mountPath).toBe(data);
    expect(kubernetesObject('PersistentVolumeClaim').metadata.name).toBe(
      pod.volumes.find(({ name }: { name: string }) => name === 'data').persistentVolumeClaim.claimName,
    );
    for (const { securityContext } of [container, cronJob.spec.containers[0]])
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
  });

  it('finds the key where the secret is', () => {
    const { mountPath } = container.volumeMounts.find(({ name }: { name: string }) => name === 'encryption-key');
    const { secret } = pod.volumes.find(({ name }: { name: string }) => name === 'encryption-key');

    expect(`${mountPath}/${secret.items[0].path}`).toBe(variablesOf('kubernetes.yaml')['PROXBOX_ENCRYPTION_KEY_FILE']);
    expect(secret.defaultMode.toString(8)).toBe('440');
  });

  it('names ports of the service, and the same ones everywhere', () => {
    const metrics = Number(variablesOf('kubernetes.yaml')['PROXBOX_METRICS_BIND']!.split(':').at(-1));
    const ports = [
      { name: 'http', containerPort: port },
      { name: 'metrics', containerPort: metrics },
    ];
    const asked = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => container[probe].httpGet.port);
    const allowed = policy.ingress.flatMap((rule: { ports: { port: string }[] }) => rule.ports.map((one) => one.port));

    expect(container.ports).toEqual(ports);
    expect(service.spec.ports).toEqual(
      ports.map(({ name, containerPort }) => ({ name, port: containerPort, targetPort: name })),
    );
    expect(asked).toEqual(['http', 'http', 'http']);
    expect(allowed).toEqual(['http', 'metrics']);
  });

  it('labels the pod as all that looks for it', () => {
    expect(deployment.template.metadata.labels).toEqual(labelled);
    expect(deployment.selector.matchLabels).toEqual(labelled);
    expect(service.spec.selector).toEqual(labelled);
    expect(policy.podSelector.matchLabels).toEqual(labelled);
    expect(policy.ingress[0].from.at(-1).podSelector.matchLabels).toEqual(cronJob.metadata.labels);
  });

  it('shows Prometheus the port of the metrics', () => {
    expect(kubernetesObject('ServiceMonitor')).toEqual({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'proxbox-api', labels: labelled },
      spec: {
        selector: { matchLabels: service.metadata.labels },
        endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }],
      },
    });
  });

  it('starts this version, and the command of the job in it', () => {
    const [job] = cronJob.spec.containers;

    expect(new Set([container.image, job.image])).toEqual(new Set([`registry.example.com/proxbox-api:${version}`]));
    expect(job.command.slice(0, 2)).toEqual(['node', bin['proxbox-api']]);
    expect(job.env[0]).toEqual({ name: 'PROXBOX_URL', value: `http://${service.metadata.name}:${port}` });
    expect(job.env[1].name).toBe('PROXBOX_API_KEY');
  });
});

describe('every deployment', () => {
  const { stop_grace_period: grace, mem_limit: memory } = composeFile('compose.yaml').services['proxbox-api']!;
  const pod = kubernetesObject('Deployment').spec.template.spec;

  it('waits longer for the end than the service takes', () => {
    const [, ms = ''] = /closeWithGrace\(\{ delay: ([\d_]+)/.exec(readRoot('src/compose/serve.ts')) ?? [];
    const seconds = [grace!, unitValues('TimeoutStopSec')[0]!, String(pod.terminationGracePeriodSeconds)].map((text) =>
      parseInt(text, 10),
    );

    expect(seconds).toEqual([20, 20, 20]);
    expect(Number(ms.replace('_', ''))).toBe(10_000);
  });

  it('has the memory that docs/operations.md names', () => {
    expect([memory, unitValues('MemoryMax')[0], pod.containers[0].resources.limits.memory]).toEqual([
      '512m',
      '512M',
      '512Mi',
    ]);
    expect(readRoot('docs/operations.md')).toContain('container limit 512 MB');
  });

  it('keeps the database in the folder that it may write to', () => {
    const [state] = unitValues('StateDirectory');

    expect(variablesOf('proxbox-api.service')['PROXBOX_DATABASE_PATH']).toBe(`/var/lib/${state}/database.db`);
    expect(imageVariables()['PROXBOX_DATABASE_PATH']).toBe(`${data}/database.db`);
    expect(variablesOf('kubernetes.yaml')).not.toHaveProperty('DATABASE_URL');
  });
});

describe('the unit', () => {
  it('starts what the package holds, from the folder that the documents name', () => {
    const [start = ''] = unitValues('ExecStart');

    expect(start).toMatch(/^\/opt\/proxbox-api\//);
    expect(existsSync(path.join(root, start.replace('/opt/proxbox-api/', '')))).toBe(true);
    expect(readRoot('docs/command.md')).toContain('/opt/proxbox-api');
  });

  it('hands the key over by the name that the service is told', () => {
    const [name] = unitValues('LoadCredential')[0]!.split(':');

    expect(variablesOf('proxbox-api.service')['PROXBOX_ENCRYPTION_KEY_FILE']).toBe(`%d/${name}`);
  });

  it('lets V8 compile', () => {
    expect(unitValues('MemoryDenyWriteExecute')).toEqual(['no']);
  });
});

describe('the proxies', () => {
  const address = `127.0.0.1:${variablesOf('proxbox-api.service')['PORT']}`;

  it('ask where the unit listens, which trusts them', () => {
    expect(/upstream proxbox_api \{\n {2}server ([\d.:]+);/.exec(read('nginx.conf'))?.[1]).toBe(address);
    expect(/reverse_proxy ([\d.:]+)/.exec(read('Caddyfile'))?.[1]).toBe(address);
    expect(variablesOf('proxbox-api.service')['PROXBOX_TRUSTED_PROXIES']).toContain('127.0.0.1');
  });

  it('ask where compose publishes', () => {
    expect(composeFile('compose.yaml').services['proxbox-api']!.ports).toEqual([`${address}:${port}`]);
  });
});

describe('docs/deploy/README.md', () => {
  const page = read('README.md');

  it('names every file of its folder, and the pages that it is linked from name it', () => {
    expect(readdirSync(folder).filter((name) => name !== 'README.md' && !page.includes(`](${name})`))).toEqual([]);
    expect(readRoot('README.md')).toContain('docs/deploy/README.md');
    for (const name of ['operations.md', 'migrating-from-python.md'])
      expect(readRoot(`docs/${name}`)).toContain('(deploy/README.md');
  });

  it('makes the secrets, users and folders that the files name', () => {
    const job = kubernetesObject('CronJob').spec.jobTemplate.spec.template.spec.containers[0];
    const { name, key } = job.env[1].valueFrom.secretKeyRef;

    expect(page).toContain('kubectl create secret generic proxbox-api --from-literal=encryption-key=');
    expect(page).toContain(`kubectl create secret generic ${name} --from-literal=${key}=`);
    expect(page).toContain(`useradd --system --home-dir /var/lib/${unitValues('StateDirectory')[0]}`);
    expect(page).toContain(` ${unitValues('User')[0]}\n`);
    expect(page).toContain(unitValues('LoadCredential')[0]!.split(':')[1]!);
    for (const [variable] of read('compose-with-netbox.yaml').matchAll(/(?<=\$\{)\w+(?=:)/g))
      expect(page).toContain(`${variable}=`);
  });
});
