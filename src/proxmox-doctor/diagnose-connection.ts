/** Why an endpoint could not be opened. Pure. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { twoFactor } from '../proxmox/authenticator.js';
import type { Account } from '../proxmox/credentials.js';
import { reasonText } from '../proxmox/failures.js';
import { hostPortText } from '../proxmox/host.js';
import { addTokenCommands, bindNewAccountCommands, quoted } from '../proxmox/pveum.js';
import { asSentence } from '../values/short-text.js';
import { everything, rejected, tlsStatus } from './diagnose-tls.js';
import type { Findings, Problem } from './types.js';

type Words = Pick<Problem, 'cause' | 'cure' | 'commands'>;

/** Where pveproxy listens. */
const usualPort = 8006;

export function connectionProblem(findings: Findings, error: ProxboxError, now: Date): Problem {
  const { account, addresses } = findings;
  if (error.code === 'proxmox_unauthorized' && account !== null) {
    return error.where['problem'] === twoFactor
      ? broken('two_factor', twoFactorWords(account))
      : broken('login_refused', loginWords(findings, account, error));
  }
  if (error.code === 'proxmox_unreachable' || error.code === 'proxmox_timeout')
    return broken('unreachable', unreachableWords(findings, error));
  if (error.code === 'proxmox_tls_error') {
    const faulty = addresses.find(({ greeting }) => greeting.kind === 'tls' && tlsStatus(greeting, now) !== 'verified');
    if (faulty !== undefined) return rejected(faulty, now);
  }
  const isAnswer =
    error.upstream !== undefined || error.code === 'remote_protocol' || error.code === 'proxmox_tls_error';
  return isAnswer
    ? broken('not_proxmox', notProxmoxWords(findings, error))
    : broken('credentials_unusable', {
        cause: `${error.message}${error.message === reasonText(error) ? '' : `: ${reasonText(error)}`}`,
        cure: 'Where encryption is the reason, set the key that the service encrypts with (PROXBOX_ENCRYPTION_KEY or PROXBOX_ENCRYPTION_KEY_FILE, for a command in its shell too). Otherwise save the endpoint again, with a token or a password.',
        commands: [],
      });
}

function broken(code: Problem['code'], words: Words): Problem {
  return { code, severity: 'error', ...words, missing: everything };
}

function twoFactorWords({ user }: Account): Words {
  return {
    cause: `${user} needs a second factor (TOTP or the like) to log in, which a service cannot give.`,
    cure: 'Use an API token, which needs none: run the commands and store token_name and token_value for the endpoint.',
    commands: addTokenCommands(user, 'proxbox'),
  };
}

function unreachableWords({ addresses, endpoint }: Findings, error: ProxboxError): Words {
  const ports = [...new Set(addresses.map(({ target }) => target.port))];
  const other = ports.some((port) => port !== usualPort)
    ? ` The endpoint names port ${ports.join(' and ')}; Proxmox listens on ${usualPort}, unless something in front of it forwards.`
    : '';
  return {
    cause: `Nothing answers at ${addresses.map(({ target }) => hostPortText(target)).join(' or ')}: ${reasonText(error)}.${other}`,
    cure: `Check ip_address, domain and port of the endpoint (PUT /proxmox/endpoints/${endpoint.id}, or its page in the plugin) and firewalls in between; the commands, on the node, tell whether Proxmox listens and where.`,
    commands: ['systemctl status pveproxy', 'ss -tlnp | grep pveproxy'],
  };
}

function notProxmoxWords({ addresses, endpoint }: Findings, error: ProxboxError): Words {
  return {
    cause: `What answers at ${addresses.map(({ target }) => hostPortText(target)).join(' or ')} is not the Proxmox API: ${reasonText(error)}.`,
    cure: `Check host and port of the endpoint (PUT /proxmox/endpoints/${endpoint.id}): Proxmox VE listens on ${usualPort}, with TLS. A proxy in front of it must pass /api2/json on, without a login page of its own.`,
    commands: ['ss -tlnp | grep pveproxy'],
  };
}

function loginWords({ endpoint }: Findings, account: Account, error: ProxboxError): Words {
  const reason = (error.upstream?.statusText ?? reasonText(error)).trim();
  const again = `store it: PUT /proxmox/endpoints/${endpoint.id}, or the page of the endpoint in the plugin.`;
  if (/no such realm/i.test(reason)) {
    return {
      cause: asSentence(`Proxmox does not know the realm of ${account.user}: ${reason}`),
      cure: `Correct username of the endpoint (user@realm; the command lists the realms) and ${again}`,
      commands: ['pveum realm list'],
    };
  }
  if (account.token !== null) return tokenWords(account, account.token, { reason, again });
  return {
    cause: `${asSentence(`Proxmox refused the password of ${account.user}: ${reason}`)} It does not say which: the password is wrong, the user or its realm does not exist, or the user is disabled or has expired.`,
    cure: `Look at the realms and users with the first two commands, set a password where the realm allows that, and ${again}`,
    commands: ['pveum realm list', 'pveum user list', `pveum passwd ${quoted(account.user)}`],
  };
}

function tokenWords(
  account: Account,
  token: string,
  { reason, again }: { readonly reason: string; readonly again: string },
): Words {
  const user = quoted(account.user);
  const cause = asSentence(`Proxmox refused the API token ${account.user}!${token}: ${reason}`);
  if (/no such user/i.test(reason)) {
    const cure = `Correct username of the endpoint, or make the user and its token (the secret is shown once), and ${again}`;
    return {
      cause,
      cure,
      commands: [
        `pveum user add ${user}`,
        `pveum user token add ${user} ${quoted(token)}`,
        ...bindNewAccountCommands(account),
      ],
    };
  }
  if (/no such token/i.test(reason)) {
    const cure = `Correct token_name of the endpoint, or make the token (the secret is shown once), and ${again}`;
    return { cause, cure, commands: [`pveum user token list ${user}`, ...addTokenCommands(account.user, token)] };
  }
  return {
    cause: `${cause} It does not say which: there is no such user or token, the secret is wrong, or the token or its user is disabled or has expired.`,
    cure: `Look with the first command whether there are the user and the token, correct username and token_name of the endpoint, and store the right token_value. If it is lost, make another token (the secret is shown once; the old one stays, with all that it has), correct token_name as well, and ${again}`,
    commands: [`pveum user token list ${user}`, ...addTokenCommands(account.user, `${token}-new`)],
  };
}
