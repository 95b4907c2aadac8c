/** What is wrong with a certificate, and how to mend it. Pure. */
import { hostPortText } from '../proxmox/host.js';
import type { Address, Certificate, Findings, Greeting, Problem, TlsStatus } from './types.js';

/** The first fault in the order in which they are mended: a new certificate, its name, trust in who signed it. */
export function tlsStatus(greeting: Greeting, now: Date): TlsStatus {
  if (greeting.kind !== 'tls') return greeting.kind === 'not_tls' ? 'no_tls' : 'unknown';
  const { certificate } = greeting;
  if (certificate.validTo < now) return 'expired';
  if (certificate.validFrom > now) return 'not_yet_valid';
  if (!certificate.isForHost) return 'wrong_name';
  if (certificate.isTrusted) return 'verified';
  return certificate.isSelfSigned ? 'self_signed' : 'unknown_authority';
}

/** Of an endpoint that answers: a note when its certificate is not looked at and would not be accepted. */
export function tlsProblems({ endpoint, addresses }: Findings, now: Date): readonly Problem[] {
  if (endpoint.verifySsl) return [];
  const [unverified] = addresses.filter(({ greeting }) => {
    const status = tlsStatus(greeting, now);
    return status !== 'verified' && status !== 'unknown' && status !== 'no_tls';
  });
  if (unverified === undefined) return [];
  const { cause, cure, commands } = certificateFault(unverified, now);
  return [
    {
      code: 'tls_unverified',
      severity: 'note',
      cause: `The certificate is not checked, because verify_ssl of the endpoint is off. With a check it would be refused: ${cause}`,
      cure: `To check it, mend this and set verify_ssl to true. ${cure}`,
      commands,
      missing: [],
    },
  ];
}

/** An endpoint whose certificate was refused. */
export function rejected(address: Address, now: Date): Problem {
  const { cause, cure, commands } = certificateFault(address, now);
  return {
    code: 'tls_rejected',
    severity: 'error',
    cause: `The certificate of ${hostPortText(address.target)} is refused: ${cause}`,
    cure: `${cure} Setting verify_ssl of the endpoint to false accepts any certificate; do that on trusted networks only.`,
    commands,
    missing: everything,
  };
}

/** Of an endpoint that cannot be used. */
export const everything = ['everything of this endpoint: what NetBox has of it stays as it is'] as const;

type Fault = Pick<Problem, 'cause' | 'cure' | 'commands'>;

function certificateFault({ target, greeting }: Address, now: Date): Fault {
  if (greeting.kind !== 'tls') return { cause: greeting.reason, cure: 'Check host and port.', commands: [] };
  const { certificate } = greeting;
  const status = tlsStatus(greeting, now);
  if (status === 'expired') return expired(certificate);
  if (status === 'not_yet_valid') {
    return {
      cause: `it is valid only from ${day(certificate.validFrom)} on.`,
      cure: 'Compare the clocks of the node and of this machine.',
      commands: ['timedatectl'],
    };
  }
  if (status === 'wrong_name') return wrongName(target.host, certificate);
  return untrusted(certificate);
}

function expired({ validTo }: Certificate): Fault {
  return {
    cause: `it expired on ${day(validTo)}.`,
    cure: 'The commands, on the node, renew a certificate that the cluster made itself (Proxmox does so by itself while pveupdate runs daily); one of ACME is renewed with pvenode acme cert renew, and one of your own is uploaded again.',
    commands: ['pvecm updatecerts --force', 'systemctl restart pveproxy'],
  };
}

function wrongName(host: string, { names, subject }: Certificate): Fault {
  const listed = names.length === 0 ? subject : names.join(', ');
  return {
    cause: `it is for ${listed}, not for ${host}.`,
    cure: `Store a name that the certificate has as domain of the endpoint, or give the node a certificate that has ${host}: the commands do so for the name and the address that the node itself knows.`,
    commands: ['pvecm updatecerts --force', 'systemctl restart pveproxy'],
  };
}

function untrusted({ isSelfSigned, issuer }: Certificate): Fault {
  const trust = 'in a file here, name it in PROXBOX_CA_BUNDLE and restart the service.';
  if (isSelfSigned) {
    return {
      cause: 'it is self-signed, which this machine does not trust.',
      cure: `Save the output of the command (the certificate that was uploaded to the node) ${trust}`,
      commands: ['cat /etc/pve/local/pveproxy-ssl.pem'],
    };
  }
  return {
    cause: `it is signed by "${issuer}", which this machine does not trust.`,
    cure: `Save the output of the command (the authority of the cluster, which signs the certificates that Proxmox makes) ${trust}`,
    commands: ['cat /etc/pve/pve-root-ca.pem'],
  };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
