/** What an installation of NetBox is and can do, from its own statement in `GET /api/status/`. */
import { z } from 'zod';
import type { NetBoxCapabilities, NetBoxStatus, NetBoxVersion } from './types.js';

const statusBody = z.looseObject({
  'netbox-version': z.string(),
  plugins: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/** `v4.6.8-Docker-3.2` is 4.6.8; what cannot be read is 0.0.0, which counts as the oldest. */
export function parseVersion(text: string): NetBoxVersion {
  const match = /^\s*v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  const part = (index: number): number => Number(match?.[index] ?? 0);
  return { text, major: part(1), minor: part(2), patch: part(3) };
}

/** undefined when the body is not that of `/api/status/`. */
export function parseStatus(body: unknown): NetBoxStatus | undefined {
  const parsed = statusBody.safeParse(body);
  if (!parsed.success) return undefined;
  const plugins = Object.entries(parsed.data.plugins ?? {}).map(([name, version]): [string, string] => [
    name,
    String(version),
  ]);
  return { version: parseVersion(parsed.data['netbox-version']), plugins: new Map(plugins) };
}

export function isAtLeast(version: NetBoxVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** 4.5, 4.6 and 4.7. */
export function isExaminedVersion(version: NetBoxVersion): boolean {
  return version.major === 4 && version.minor >= 5 && version.minor <= 7;
}

export function capabilitiesOf(status: NetBoxStatus): NetBoxCapabilities {
  const since46 = isAtLeast(status.version, 4, 6);
  return {
    cursorPaging: since46,
    virtualMachineTypes: since46,
    tagChanges: since46,
    writableInterfaceMac: isAtLeast(status.version, 4, 7),
    branching: status.plugins.has('netbox_branching'),
    proxboxPlugin: status.plugins.has('netbox_proxbox'),
  };
}
