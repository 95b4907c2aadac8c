/** The process-level variables for the documentation; env.ts reads them, a test compares the two. */

export interface ProcessVariable {
  readonly variable: string;
  readonly defaultText: string;
  readonly description: string;
}

const entry = (variable: string, defaultText: string, description: string): ProcessVariable => ({
  variable,
  defaultText,
  description,
});

export const processVariables: readonly ProcessVariable[] = [
  entry('PORT', '8000', 'Port to listen on, 1 to 65535. Anything else stops the start.'),
  entry(
    'PROXBOX_BIND_HOST',
    '0.0.0.0',
    'Address to listen on; `::` is IPv4 and IPv6. One pair of surrounding quotes is removed. Anything that is no address or host name stops the start.',
  ),
  entry(
    'PROXBOX_DATABASE_PATH',
    'database.db in the application folder, or in the folder of the start where npm has installed the application; /data/database.db in the image',
    'SQLite file. Its folder is created. A path that cannot be used stops the start; no other path is tried.',
  ),
  entry(
    'DATABASE_URL',
    'unset',
    'The same as the Python service is told it, `sqlite:////data/database.db`; with PROXBOX_DATABASE_PATH beside it both have to name one file. Other databases are a warning.',
  ),
  entry(
    'PROXBOX_DEFAULT_DATABASE_PATH',
    'unset',
    'SQLite file where none of both is set, as in images of the Python service.',
  ),
  entry('PROXBOX_ENCRYPTION_KEY', 'unset', 'Key for the credentials in the database. See Credential encryption.'),
  entry(
    'PROXBOX_ENCRYPTION_KEY_FILE',
    'unset',
    'File that holds the key; takes precedence over PROXBOX_ENCRYPTION_KEY. A missing or empty file is a warning, an unreadable one stops the start.',
  ),
  entry(
    'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS',
    'unset',
    'Start, and store credentials as plain text, when no key is configured. For tests and labs.',
  ),
  entry(
    'PROXBOX_RATE_LIMIT',
    '60',
    'Requests per minute and address. Unset: 60 for requests without a verified key and 1,200 for requests with one. Set to N: N for both.',
  ),
  entry(
    'PROXBOX_TRUSTED_PROXIES',
    'empty',
    'Comma-separated addresses and CIDR ranges of reverse proxies whose X-Forwarded-For is believed.',
  ),
  entry(
    'PROXBOX_CORS_EXTRA_ORIGINS',
    'empty',
    'Comma-separated further origins for browsers, such as https://portal.example.',
  ),
  entry('PROXBOX_LOG_LEVEL', 'INFO', 'Level of the console: DEBUG, INFO, WARNING, ERROR or CRITICAL.'),
  entry(
    'PROXBOX_STRICT_STARTUP',
    'unset',
    'Stop the start when a generated Proxmox schema cannot be used, or PROXBOX_GENERATED_DIR is set and missing. Unset: one warning, and the embedded table of operations answers.',
  ),
  entry(
    'PROXBOX_SKIP_NETBOX_BOOTSTRAP',
    'unset',
    'Do not contact NetBox at the start and in the background: no default client, no creation of support objects, no regular look at the settings and at `allow_writes`. Requests that need NetBox still use the stored endpoint.',
  ),
  entry(
    'PROXBOX_METRICS_BIND',
    'unset',
    'Address and port, such as `127.0.0.1:9100` or `[::1]:9100`, on which `GET /metrics` answers without an API key. Unset: only the service itself has it, with the key. See [monitoring.md](monitoring.md).',
  ),
  entry(
    'PROXBOX_SYNC_SCHEDULE',
    'unset',
    'When a full update begins by itself, as a cron expression (`15 * * * *`: a quarter past every hour) in the time zone of the process (`TZ`). For those whose plugin does not begin them; see [operations.md](operations.md#a-schedule-of-its-own). Anything else stops the start.',
  ),
  entry(
    'PROXBOX_CONSOLE',
    'unset',
    'Let the plugin open consoles of guests in a browser, on endpoints with `allow_writes`. See [operational-verbs.md](operational-verbs.md#consoles).',
  ),
  entry(
    'PROXBOX_GENERATED_DIR',
    '$XDG_DATA_HOME/proxbox/generated/proxmox, else ~/.local/share/proxbox/generated/proxmox',
    'Folder of the generated Proxmox schemas: `proxbox-schema generate` writes there, `/proxmox/api2` checks requests with them. See [proxmox-schema.md](proxmox-schema.md).',
  ),
  entry(
    'PROXBOX_URL',
    'unset',
    'For the command `proxbox-api`, not for the service: address of a running service that it asks. Unset: it works in its own process. See [command.md](command.md).',
  ),
  entry('PROXBOX_API_KEY', 'unset', 'For the command `proxbox-api`: an API key of the service at `PROXBOX_URL`.'),
  entry(
    'PROXBOX_TLS_CERT_FILE',
    'unset',
    'PEM file with the certificate of this service, and those of its issuers behind it: with PROXBOX_TLS_KEY_FILE the service speaks HTTPS instead of HTTP on its port. A new file is used without a restart. See [operations.md](operations.md#tls).',
  ),
  entry('PROXBOX_TLS_KEY_FILE', 'unset', 'PEM file with the private key of that certificate, without a passphrase.'),
  entry(
    'MKCERT_CERT_DIR',
    '/certs',
    'Where the two variables above are unset: a folder with `cert.pem` and `key.pem`, as the images of the Python service have it. Where it has both files, they are used.',
  ),
  entry('PROXBOX_CA_BUNDLE', 'unset', 'PEM file with certificate authorities to trust besides the built-in ones.'),
];
