/**
 * Variables that releases of the Python service read, up to 0.0.30.post2, and this one does not: each with the reason, which is told
 * at the start to whom has it set. docs/migrating-from-python.md shows the table.
 */

export interface ForeignVariable {
  readonly variables: readonly string[];
  /** `warn`: something that was asked for is not done; `info`: nothing is missed. */
  readonly level: 'warn' | 'info';
  /** Completes "not used by this service, because ...", with the remedy where there is one. */
  readonly because: string;
  /** With this value nothing is asked for that is not so. */
  readonly silentValue?: string;
}

const info = (because: string, ...variables: readonly string[]): ForeignVariable => ({
  variables,
  level: 'info',
  because,
});
const warn = (because: string, ...variables: readonly string[]): ForeignVariable => ({
  variables,
  level: 'warn',
  because,
});

export const foreignVariables: readonly ForeignVariable[] = [
  {
    ...warn('it is one process, which serves all requests at once', 'UVICORN_WORKERS', 'GRANIAN_WORKERS'),
    silentValue: '1',
  },
  warn('this version always serves the whole core', 'PROXBOX_FEATURES'),
  info(
    'it has one way to compare Proxmox with NetBox',
    'PROXBOX_RECONCILIATION_ENGINE',
    'PROXBOX_RECONCILIATION_COMPARE_STRICT',
  ),
  info('it keeps no copy of the API document of NetBox', 'PROXBOX_NETBOX_OPENAPI_PERSIST'),
  info(
    'schemas of Proxmox releases are read from files, and no code is made of them; see proxmox-schema.md',
    'PROXBOX_RUNTIME_CODEGEN_ENABLED',
  ),
  info(
    'five wrong keys from one address lock it for 300 s, whatever the variable says; see authentication.md',
    'PROXBOX_AUTH_LOCKOUT_THRESHOLD',
    'PROXBOX_AUTH_LOCKOUT_SOURCE_THRESHOLD',
    'PROXBOX_AUTH_LOCKOUT_WINDOW_SECONDS',
  ),
  info(
    'wrong keys are counted by address, without a secret, and checked a few at a time by a bound of its own',
    'PROXBOX_AUTH_LOCKOUT_HMAC_KEY',
    'PROXBOX_AUTH_LOCKOUT_HMAC_KEY_FILE',
    'PROXBOX_AUTH_LOCKOUT_MAX_BUCKETS',
    'PROXBOX_AUTH_LOCKOUT_MAX_IN_FLIGHT',
    'PROXBOX_AUTH_LOCKOUT_MAX_GLOBAL_IN_FLIGHT',
    'PROXBOX_AUTH_LOCKOUT_VERIFICATION_MAX_SECONDS',
  ),
  info('checking a key costs the same with many keys, so there is no limit to them', 'PROXBOX_AUTH_MAX_ACTIVE_KEYS'),
  info(
    'a database is only ever opened where it is told to be: nothing is looked for elsewhere, and nothing has to be allowed',
    'PROXBOX_ALLOW_FRESH_DATABASE_WITH_LEGACY',
  ),
  info(
    'endpoints are logged in to when they are read; PROXBOX_PROXMOX_FETCH_CONCURRENCY bounds that',
    'PROXBOX_SESSION_ACQUIRE_CONCURRENCY',
  ),
  info(
    'every request to Proxmox is bounded by the timeout of its endpoint, else by proxmox_timeout of the plugin',
    'PROXBOX_VM_CONFIG_FETCH_TIMEOUT_SECONDS',
  ),
  info(
    'verify_ssl of the request alone decides whether the certificate of InfluxDB is checked',
    'PROXBOX_ALLOW_INSECURE_INFLUX_TLS',
  ),
  warn(
    'it does nothing in Ceph',
    'PROXBOX_ENABLE_CEPH_V2_WRITES',
    'PROXBOX_CEPH_TRUSTED_ACTOR_GATEWAY',
    'PROXBOX_CEPH_TASK_TIMEOUT',
    'PROXBOX_CEPH_TASK_POLL_INTERVAL',
    'PROXBOX_CEPH_RUN_LEASE_SECONDS',
  ),
  warn(
    'it builds no images and logs in to no host by SSH',
    'PROXBOX_ENABLE_CLOUD_IMAGE_EXECUTION',
    'PROXBOX_PACKER_BINARY',
    'PROXBOX_PACKER_WORKDIR',
    'PROXBOX_SSH_KEY_DIR',
  ),
  warn(
    'it has no SSH terminals; consoles of guests are switched on by PROXBOX_CONSOLE=1',
    'PROXBOX_SSH_TERMINAL_TICKET_TTL_SECONDS',
    'PROXBOX_SSH_TERMINAL_IDLE_TIMEOUT_SECONDS',
    'PROXBOX_SSH_TERMINAL_MAX_LIFETIME_SECONDS',
    'PROXBOX_SSH_TERMINAL_MAX_SESSIONS',
    'PROXBOX_EXECUTION_MODE',
    'PROXBOX_EXECUTION_GENERATION',
  ),
  warn(
    'it makes no certificates: name one with PROXBOX_TLS_CERT_FILE and PROXBOX_TLS_KEY_FILE, see operations.md',
    'MKCERT_EXTRA_NAMES',
    'CAROOT',
  ),
  info(
    'it exports no traces; what it counts is at GET /metrics, see monitoring.md',
    'FASTAPI_OTEL_AUTO_CONFIGURE',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ),
  info('it does not send to Diode', 'DIODE_API_KEY'),
  warn(
    'it invents no Proxmox: `npm run simulator` is a program of its own',
    'PROXMOX_API_MODE',
    'PROXMOX_MOCK_LOCAL_URL',
    'PROXMOX_MOCK_PUBLISHED_URL',
  ),
  info(
    'only the tests of the Python service read it',
    'PROXBOX_E2E_DEMO_URL',
    'PROXBOX_E2E_HEADLESS',
    'PROXBOX_E2E_NETBOX_TOKEN_VERSION',
    'PROXBOX_E2E_PASSWORD',
    'PROXBOX_E2E_TIMEOUT',
    'PROXBOX_E2E_USERNAME',
  ),
];
