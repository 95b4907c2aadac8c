// @ts-check
/**
 * The layers of `src`, stated once: what each folder is for and which folders it may import. The rules that `npm run lint`
 * enforces (import-rules.js) and the picture in docs/architecture.md (picture.js) are made from this and from nothing else.
 */

/**
 * @typedef {object} Folder
 * @property {string} name of the folder of `src`, or of the one file that stands beside the folders
 * @property {string} purpose one sentence
 * @property {readonly string[]} imports folders of lower floors
 * @property {readonly string[]} [importsTypesOf] of these it may name the types only: it is handed the objects by `compose`
 */

/**
 * @typedef {object} Floor
 * @property {string} outside what stands beside it in the picture
 * @property {readonly Folder[]} folders they do not import each other
 */

/** Everybody may name a setting, the clock, a secret, an error, or how a value from outside is read. */
export const common = ['config', 'errors', 'values'];

/**
 * From the top floor down. A folder imports only from floors below its own, so there is no circle of folders.
 * @type {readonly Floor[]}
 */
export const floors = [
  {
    outside: "in an operator's browser",
    folders: [
      {
        name: 'page',
        purpose: 'The page of operators: runs in their browsers, and knows of the service what its routes answer.',
        imports: [],
        importsTypesOf: ['http', 'proxmox-doctor', 'netbox-doctor', 'doctor', 'telemetry'],
      },
    ],
  },
  {
    outside: 'started by an operator',
    folders: [
      {
        name: 'main.ts',
        purpose: 'The service as a process of its own.',
        imports: ['compose', ...common],
      },
      {
        name: 'cli',
        purpose:
          'The command `proxbox-api`, inside of this process or against a running service, and what writes the generated pages.',
        imports: ['compose', 'sync', 'proxmox-schema', 'netbox', 'proxmox', 'transport', 'db', ...common],
      },
    ],
  },
  {
    outside: 'makes every long-lived object, once',
    folders: [
      {
        name: 'compose',
        purpose:
          'Joins the parts: makes every object from those below it, registers plugins and routes, listens, works in the background, ends in order.',
        imports: [
          'http',
          'console',
          'firewall',
          'proxmox-writes',
          'influx',
          'sync',
          'verbs',
          'custom-fields',
          'proxmox-doctor',
          'netbox-doctor',
          'proxmox-schema',
          'plugin-endpoints',
          'netbox',
          'proxmox',
          'endpoints',
          'metrics',
          'ledger',
          'security',
          'transport',
          'db',
          'telemetry',
          ...common,
        ],
      },
    ],
  },
  {
    outside: '<-- curl, netbox-proxbox, schedulers',
    folders: [
      {
        name: 'http',
        purpose:
          'The wire: authentication, limits, routes and streams; a handler makes one call and shapes its answer.',
        imports: [
          'proxmox-live',
          'console',
          'firewall',
          'proxmox-writes',
          'influx',
          'sync',
          'verbs',
          'proxmox-doctor',
          'netbox-doctor',
          'proxmox-reads',
          'plugin-endpoints',
          'proxmox',
          'endpoints',
          'ledger',
          'telemetry',
          ...common,
        ],
        importsTypesOf: ['custom-fields', 'proxmox-schema', 'netbox', 'security', 'metrics'],
      },
    ],
  },
  {
    outside: '',
    folders: [
      {
        name: 'proxmox-live',
        purpose: "`/proxmox/api2`: lets a call through to Proxmox when the release's schema and the gates allow it.",
        imports: ['proxmox-schema', 'proxmox-reads', 'plugin-endpoints', 'proxmox', ...common],
        importsTypesOf: ['verbs', 'endpoints'],
      },
      {
        name: 'console',
        purpose: 'Consoles of guests in a browser: tokens, the handshakes of both sides, and what passes between them.',
        imports: ['verbs', 'proxmox', 'telemetry', ...common],
        importsTypesOf: ['endpoints'],
      },
      {
        name: 'firewall',
        purpose: "Proxmox's firewall: what the plugin's pages read of it, and what they push.",
        imports: ['proxmox-reads', 'plugin-endpoints', 'proxmox', 'telemetry', ...common],
        importsTypesOf: ['verbs', 'endpoints'],
      },
      {
        name: 'proxmox-writes',
        purpose: 'Changes in Proxmox what belongs to no guest: CPU models, and the secrets of API tokens.',
        imports: ['proxmox-reads', 'plugin-endpoints', 'proxmox', 'telemetry', ...common],
        importsTypesOf: ['endpoints'],
      },
    ],
  },
  {
    outside: 'what the service does',
    folders: [
      {
        name: 'sync',
        purpose: 'Keeps NetBox true to Proxmox: runs of stages that collect, plan (pure) and execute.',
        imports: ['plugin-endpoints', 'netbox', 'proxmox', ...common],
        importsTypesOf: ['endpoints', 'ledger'],
      },
      {
        name: 'verbs',
        purpose: 'Acts on guests and high availability, with a journal entry in NetBox for every act.',
        imports: ['netbox', 'proxmox', 'telemetry', ...common],
        importsTypesOf: ['endpoints'],
      },
      {
        name: 'custom-fields',
        purpose: 'Creates the custom fields in NetBox that the plugin wants.',
        imports: ['netbox', 'transport', ...common],
      },
      {
        name: 'proxmox-doctor',
        purpose: 'Examines the stored Proxmox endpoints and says what to mend.',
        imports: ['doctor', 'proxmox-reads', 'plugin-endpoints', 'proxmox', 'transport', ...common],
        importsTypesOf: ['endpoints'],
      },
      {
        name: 'netbox-doctor',
        purpose: 'Examines NetBox, the token and what it may do, and says what to mend.',
        imports: ['doctor', 'netbox', ...common],
        importsTypesOf: ['endpoints'],
      },
      {
        name: 'proxmox-schema',
        purpose: 'The API schemas of Proxmox releases: reads, makes and shows them, checks parameters against them.',
        imports: ['plugin-endpoints', 'proxmox', ...common],
        importsTypesOf: ['endpoints', 'security', 'transport'],
      },
    ],
  },
  {
    outside: '',
    folders: [
      {
        name: 'doctor',
        purpose: 'What both doctors share: problems with their cures, and reports as text.',
        imports: [...common],
      },
      {
        name: 'proxmox-reads',
        purpose: 'The answers of the routes that only read Proxmox.',
        imports: ['plugin-endpoints', 'proxmox', ...common],
        importsTypesOf: ['endpoints'],
      },
    ],
  },
  {
    outside: '',
    folders: [
      {
        name: 'plugin-endpoints',
        purpose:
          "Which Proxmox endpoints a request means; the plugin's rows about them: whose they are, what is taken over from them.",
        imports: ['netbox', ...common],
        importsTypesOf: ['endpoints'],
      },
    ],
  },
  {
    outside: 'what it speaks to',
    folders: [
      {
        name: 'netbox',
        purpose: 'Speaks NetBox: clients, cache, bulk writes, and what its kinds and fields are. Knows no Proxmox.',
        imports: ['transport', ...common],
        importsTypesOf: ['endpoints'],
      },
      {
        name: 'proxmox',
        purpose: 'Speaks Proxmox VE: sessions, reads, and parsing of what it answers. Knows no NetBox.',
        imports: ['transport', ...common],
        importsTypesOf: ['endpoints'],
      },
      {
        name: 'influx',
        purpose: 'Speaks InfluxDB 2: one query at the address that a request names.',
        imports: [...common],
        importsTypesOf: ['security', 'transport'],
      },
    ],
  },
  {
    outside: '',
    folders: [
      {
        name: 'metrics',
        purpose:
          'The numbers of this service for Prometheus: of runs, of requests, and of what stands somewhere already.',
        imports: [...common],
        importsTypesOf: ['ledger', 'transport'],
      },
    ],
  },
  {
    outside: 'what it remembers',
    folders: [
      {
        name: 'endpoints',
        purpose: 'The stored Proxmox and NetBox endpoints: their rows, rules, and who is told of a change.',
        imports: ['security', 'db', 'telemetry', ...common],
      },
      {
        name: 'ledger',
        purpose: 'What every run did: its stages and the objects that it touched, written, read and forgotten in time.',
        imports: ['db', 'telemetry', ...common],
      },
    ],
  },
  {
    outside: '',
    folders: [
      {
        name: 'security',
        purpose: 'API keys, encryption of credentials, lockout, and where connections may go.',
        imports: ['db', 'telemetry', ...common],
      },
    ],
  },
  {
    outside: '--> NetBox, Proxmox VE | SQLite | log',
    folders: [
      {
        name: 'transport',
        purpose: 'One HTTP attempt, retry as data, the gate, the shared pause.',
        imports: common,
      },
      {
        name: 'db',
        purpose: 'SQLite: opening, migrating, repairing, the tables.',
        imports: common,
      },
      {
        name: 'telemetry',
        purpose: 'Log lines, their buffer and file, and what never stands in them.',
        imports: common,
      },
    ],
  },
  {
    outside: '',
    folders: [
      {
        name: 'config',
        purpose: 'Variables, tunables, settings, the clock and waiting, and the secret that cannot be printed.',
        imports: ['errors', 'values'],
      },
    ],
  },
  {
    outside: '',
    folders: [
      { name: 'errors', purpose: 'Every error that a client can see, in one catalog.', imports: [] },
      {
        name: 'values',
        purpose: 'How single values from outside are read, where all sides have to agree.',
        imports: [],
      },
    ],
  },
];

/** @type {readonly Folder[]} */
export const folders = floors.flatMap((floor) => floor.folders);

/**
 * Planning, mapping and parsing do no I/O: of what does, they may name the types. Paths below `src`, as regular expressions.
 */
export const pureParts = {
  where: [
    'sync/plan/',
    'sync/stages/[^/]+/(map|diff|types)[^/]*\\.ts$',
    'sync/types\\.ts$',
    'plugin-endpoints/plugin-rows\\.ts$',
    'netbox/kinds/',
    'netbox/types\\.ts$',
    'proxmox/parse/',
    'proxmox/types\\.ts$',
  ],
  /** Besides each other. */
  imports: ['errors/', 'values/'],
  packages: ['crypto', 'ipaddr\\.js'],
};

/**
 * @typedef {object} Home
 * @property {string} name
 * @property {readonly string[]} packages of npm or modules of Node, as regular expressions
 * @property {readonly string[]} folders that may use them
 * @property {boolean} [typesAreFree] everybody may name their types
 */

/**
 * What reaches out of the process, or sets the frame of a part, is used in few folders.
 * @type {readonly Home[]}
 */
export const homes = [
  { name: 'http-server', packages: ['fastify', '@fastify/[^/]+', 'http'], folders: ['http', 'compose'] },
  { name: 'http-client', packages: ['undici', 'https'], folders: ['transport', 'cli'] },
  { name: 'sockets', packages: ['net', 'tls'], folders: ['transport', 'netbox', 'proxmox-doctor'], typesAreFree: true },
  { name: 'sql', packages: ['drizzle-orm', 'better-sqlite3'], folders: ['db', 'endpoints', 'ledger', 'security'] },
  { name: 'cryptography', packages: ['bcrypt', 'fernet'], folders: ['security'] },
  { name: 'metrics', packages: ['prom-client'], folders: ['metrics'] },
  { name: 'log', packages: ['pino', 'pino-roll'], folders: ['telemetry', 'cli'], typesAreFree: true },
  { name: 'schedule', packages: ['croner'], folders: ['config'] },
  { name: 'processes', packages: ['child_process', 'worker_threads', 'cluster'], folders: [] },
];
