/** A host that is more than a name or address: which fields its parts belong to. Pure. */
import ipaddr from 'ipaddr.js';

export interface HostFields {
  /** The field the host was given in. */
  readonly field: 'domain' | 'ip_address';
  /** The field for a path; null: what is asked has none. */
  readonly pathField: 'base_path' | null;
}

/** Nothing that would change the meaning of a URL built from it: no port, path, user or query. */
function isPlain(host: string): boolean {
  return !/[\s/@?#\\:[\]%]/.test(host) || ipaddr.IPv6.isValid(host);
}

const pattern = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^/@]*@)?(?:\[([^\]]*)\]|([^/:?#\\]*))(?::(\d{1,5}))?([/?#\\].*)?$/is;

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  /** Without slashes around it. */
  readonly path: string;
}

function partsOf(given: string): Parts {
  const [, scheme = '', bracketed, name = '', port = '', rest = ''] = pattern.exec(given.trim()) ?? [];
  const path = rest.replace(/[?#].*$/s, '').replaceAll(/^\/+|\/+$/g, '');
  return { scheme: scheme.toLowerCase(), host: bracketed ?? name, port, path };
}

const rule = 'must be a name or address alone, without scheme, port or path';

/** A sentence, or null where it is a name or address alone. Neither user nor query are repeated: they may hold a secret. */
export function hostShapeProblem(given: string, { field, pathField }: HostFields): string | null {
  if (isPlain(given)) return null;
  const { scheme, host, port, path } = partsOf(given);
  if (host === '' || !isPlain(host)) return `The host ${rule}.`;
  const target = field === 'ip_address' && !ipaddr.isValid(host) ? 'domain' : field;
  const fields = [`${target} to '${host}'`];
  if (port !== '') fields.push(`port to ${port}`);
  // Else the usual port of HTTPS would be asked.
  else if (scheme === 'http' && pathField !== null) fields.push('port to 80');
  if (path !== '' && pathField !== null) fields.push(`${pathField} to '/${path}'`);
  const noPath = pathText(path, pathField);
  return `The host ${rule}. Set ${fields.join(', ')}.${noPath}${schemeText(scheme, pathField)}`;
}

function pathText(path: string, pathField: HostFields['pathField']): string {
  return path !== '' && pathField === null ? ' Leave the path out: Proxmox VE has none.' : '';
}

function schemeText(scheme: string, pathField: HostFields['pathField']): string {
  if (scheme !== 'http') return '';
  return pathField === null
    ? ' Proxmox VE is asked over HTTPS only.'
    : ' NetBox is asked over plain HTTP when verify_ssl is false and its port does not speak TLS.';
}
