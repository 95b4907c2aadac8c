/** Why metrics could not be had: the `reason` of the answers, which the plugin knows. */
import { family, type CatalogEntry } from './catalog-entry.js';

/** `{"detail": {"reason", "message"}}`. */
const nested = family({ body: 'plain' });

export const metricEntries = {
  pull_unavailable: nested(
    503,
    'Proxmox did not give its metrics.',
    'Read the message; the account needs Sys.Audit on /, and the release a metrics export.',
    { retryable: true },
  ),
  pull_invalid_response: nested(502, 'Proxmox answered its metrics in another form than its API says.', 'Report it.'),
  pull_response_too_large: nested(
    502,
    'The metrics are more than was asked for at most.',
    'Ask for a shorter time, fewer objects or metrics, or raise max_response_bytes.',
  ),
  influx_target_not_allowed: nested(
    400,
    'The URL of InfluxDB leads to where this service may not connect.',
    'Use an address that is not loopback, link-local or reserved, or allow its range in the SSRF settings of the plugin.',
  ),
  influx_connection_error: nested(502, 'InfluxDB cannot be reached.', 'Read the message.', { retryable: true }),
  influx_timeout: nested(504, 'InfluxDB did not answer in time.', 'Ask for less, or raise timeout_seconds.', {
    retryable: true,
  }),
  influx_tls_error: nested(
    502,
    'The certificate of InfluxDB was not accepted.',
    'Install a trusted one, add its authority, or switch the check off in the mapping.',
  ),
  influx_upstream_error: nested(
    502,
    'InfluxDB refused the query.',
    'Read the message; check organization, bucket and token of the mapping.',
  ),
  influx_invalid_response: nested(
    502,
    'What answered is not InfluxDB 2, or sent what cannot be read.',
    'Check the URL of the mapping.',
  ),
  influx_response_too_large: nested(
    502,
    'InfluxDB answered more than was asked for at most.',
    'Ask for a shorter time, an aggregation or fewer fields, or raise max_response_bytes.',
  ),
} as const satisfies Record<string, CatalogEntry>;
