/** What no sync can do without. */
import type { AppDeps } from './deps.js';

type ReadinessDeps = Pick<AppDeps, 'encryptionKeys' | 'netboxEndpoints'>;

/**
 * `encryption_key`: secrets can be stored and used. `netbox_credentials`: the token of the NetBox endpoint can be read; true while
 * there is none yet, as it comes through this service. Throws nothing.
 */
export function readiness({ encryptionKeys, netboxEndpoints }: ReadinessDeps): Readonly<Record<string, boolean>> {
  const endpoint = attempt(() => netboxEndpoints.active());
  const isReadable = (): boolean => {
    if (endpoint === undefined || endpoint === null) return endpoint === null;
    return attempt(() => netboxEndpoints.credentials(endpoint.id)) !== undefined;
  };
  return {
    database: endpoint !== undefined,
    encryption_key: encryptionKeys.allowsPlaintext || encryptionKeys.state() === 'ready',
    netbox_credentials: isReadable(),
  };
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
