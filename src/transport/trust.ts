/** Which certificate authorities a connection trusts. */
import { rootCertificates } from 'node:tls';

/** Those that Node knows, and this one besides: Node replaces its own list by `ca`, so the list is named as well. @param ca PEM */
export function trust(ca: string | undefined): { readonly ca?: string[] } {
  return ca === undefined ? {} : { ca: [...rootCertificates, ca] };
}
