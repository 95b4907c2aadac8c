/** Who may import whom. The map is drawn in docs/architecture.md; this file is what enforces it. */
const foundations = '^src/(config|errors|telemetry|security|db)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-parts-are-pure',
      comment: 'Planning, mapping and parsing do no I/O and know no client, clock, logger or framework.',
      severity: 'error',
      from: { path: '^src/(sync/plan/|sync/stages/[^/]+/(map|diff)[^/]*\\.ts|proxmox/parse/)' },
      to: {
        pathNot:
          '^src/(sync/plan/|sync/stages/[^/]+/(map|diff|types)[^/]*\\.ts|proxmox/parse/|errors/|netbox/records/|proxmox/types\\.ts|netbox/types\\.ts|sync/types\\.ts)',
        path: '^src/|^node:(fs|net|http|https|child_process|timers)|node_modules/(undici|fastify|pino|drizzle-orm|better-sqlite3)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'foundations-import-nothing-above',
      severity: 'error',
      from: { path: foundations },
      to: { path: '^src/', pathNot: foundations },
    },
    {
      name: 'transport-knows-no-client',
      severity: 'error',
      from: { path: '^src/transport/' },
      to: { path: '^src/', pathNot: ['^src/transport/', foundations] },
    },
    {
      name: 'netbox-speaks-netbox',
      severity: 'error',
      from: { path: '^src/netbox/' },
      to: { path: '^src/(sync|verbs|http|proxmox|simulator|cli)/' },
    },
    {
      name: 'proxmox-speaks-proxmox',
      severity: 'error',
      from: { path: '^src/proxmox/' },
      to: { path: '^src/(sync|verbs|http|netbox|simulator|cli)/' },
    },
    {
      name: 'sync-knows-no-transport-of-events',
      severity: 'error',
      from: { path: '^src/sync/' },
      to: { path: '^src/(http|simulator|cli|db)/' },
    },
    {
      name: 'verbs-know-no-http-and-no-sync',
      severity: 'error',
      from: { path: '^src/verbs/' },
      to: { path: '^src/(http|sync|simulator|cli|db)/' },
    },
    {
      name: 'stages-do-not-import-one-another',
      severity: 'error',
      from: { path: '^src/sync/stages/([^/]+)/' },
      to: { path: '^src/sync/stages/[^/]+/', pathNot: '^src/sync/stages/$1/' },
    },
    {
      name: 'routes-hold-no-clients-and-no-sql',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/(db|transport|simulator|cli)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'simulator-is-for-cli-and-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(simulator|cli)/' },
      to: { path: '^src/simulator/' },
    },
    {
      name: 'simulators-share-nothing-with-the-product',
      comment: 'A double that uses our own parsers or clients would agree with our mistakes.',
      severity: 'error',
      from: { path: '^src/simulator/' },
      to: { path: '^src/', pathNot: '^src/simulator/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
