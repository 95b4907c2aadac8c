/** Which installation answers: rows of `GET nodes/{node}/certificates/info`. Pure. */
import { type Row, toText } from './coerce.js';

/** `/CN=Proxmox Virtual Environment/OU=824a259b-eeef-460b-9898-7099c1e8aa1a/O=PVE Cluster Manager CA` */
const uuidInSubject = /(?:^|[/,])\s*OU\s*=\s*([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?=$|[/,\s])/i;

/**
 * The UUID in the subject of the root certificate, made once per installation and shared by all nodes of a cluster; its
 * fingerprint where an authority of one's own stands in its place. Null where the list does not tell.
 */
export function parseRootCertificate(rows: readonly Row[]): string | null {
  const root = rows.find((row) => row['filename'] === 'pve-root-ca.pem');
  if (root === undefined) return null;
  const [, uuid] = uuidInSubject.exec(toText(root['subject']) ?? '') ?? [];
  const identity = (uuid ?? toText(root['fingerprint']) ?? '').trim().toLowerCase();
  return identity === '' ? null : identity;
}
