/** docs/proxmox-permissions.md, from the table of privileges and the commands that the doctor prints. */
import { readNeeds, readerRole, type Major, type ReadNeed } from '../proxmox/privileges.js';
import { addRoleCommand, bindNewAccountCommands, bindRoleCommand, extendRoleCommand } from '../proxmox/pveum.js';

const account = { user: 'netbox@pve', token: 'sync' } as const;

const introduction = `# Permissions in Proxmox

The service reads Proxmox with an account of its own. This page makes that account, says what each privilege is for, and
explains the report of the doctor. The table and the commands are generated from \`src/proxmox/privileges.ts\`, from which the
hints of the sync and the doctor come as well.`;

const role = `## The read-only role

All commands run as root on one node of the cluster; they hold for the whole cluster. A role names only privileges that its
release knows, so the first command differs.

Proxmox VE 8:

\`\`\`sh
${addRoleCommand(8)}
\`\`\`

Proxmox VE 9:

\`\`\`sh
${addRoleCommand(9)}
\`\`\`

Then, on both, the user, its API token (the secret is shown once: store it as \`token_value\`), and the role on \`/\` for both:

\`\`\`sh
pveum user add ${account.user}
pveum user token add ${account.user} ${account.token}
${bindNewAccountCommands(account).join('\n')}
\`\`\`

- A token is made with privilege separation unless \`--privsep 0\` is given: it has only what is granted to the user **and** to
  the token. Binding the role to the user alone gives a token that logs in and sees nothing.
- \`--propagate 1\` passes the role on to everything below \`/\`.
- An account that exists already, and has what it has through a group, loses that by an entry of its own on \`/\`: an own entry
  of a user replaces those of the user's groups on the same path and above it. \`pveum acl list\` and \`pveum user list --full\` show how it is;
  then give the role to the group: \`${bindRoleCommand({ type: 'group', id: 'ops', path: '/', propagates: true }, readerRole)}\`. The doctor proposes what takes nothing away.
- For a login with a password leave the token out, and set one: \`pveum passwd ${account.user}\`. An account with a second factor
  (TOTP) cannot be used with a password; use a token.

**After an upgrade from 8 to 9** a role from before lacks the privilege of the guest agent, and machines lose nothing but their IP
addresses in NetBox. This adds it:

\`\`\`sh
${extendRoleCommand(['VM.GuestAgent.Audit'])}
\`\`\`

**A role that was made before it had \`Pool.Audit\` and \`SDN.Audit\`** goes on to work, and less is known: without \`SDN.Audit\` Proxmox
leaves all bridges out of the networks of nodes, so that their management addresses are missing as well, without \`Pool.Audit\` nobody can
tell which guests a backup job over a pool takes. The sync warns (\`privilege_optional\`), and what is stored stays. This adds them:

\`\`\`sh
${extendRoleCommand(['Pool.Audit', 'SDN.Audit'])}
\`\`\``;

const backups = `## Backups

Proxmox lists the backups of a guest only to accounts that may make them. That is more than reading, so it is a role of its
own; without it the list of backups is empty, no error is given, and stored backups are never deleted in NetBox.

\`\`\`sh
pveum role add NetBoxBackups --privs "Datastore.AllocateSpace,VM.Backup"
${bindNewAccountCommands(account, 'NetBoxBackups').join('\n')}
\`\`\``;

function grantsText({ grants, instead }: ReadNeed, major: Major): string {
  if (grants.length === 0) return 'every account';
  const all = grants
    .map(({ on, anyOf }) => `${anyOf[major].map((privilege) => `\`${privilege}\``).join(' or ')} on \`${on}\``)
    .join(', and ');
  return instead === undefined ? all : `${all}; or \`${instead.privilege}\` on \`${instead.on}\` alone`;
}

function needRow(need: ReadNeed): string {
  const [on8, on9] = [grantsText(need, 8), grantsText(need, 9)];
  const needed = on8 === on9 ? on8 : `8: ${on8}; 9: ${on9}`;
  const denial = need.grants.length === 0 ? '' : need.denial;
  return `| \`${need.path}\` | ${needed} | ${denial} | ${need.without} |`;
}

function privilegeTable(): string {
  return `## What each read needs

\`/nodes\`, \`/pool\`, \`/sdn/zones/localnetwork\`, \`/storage\` and \`/vms\` stand for the single nodes, pools, bridges, storages and guests below them: the role may be bound there, or to
single ones, instead of on \`/\`; what it is not bound to is not seen. "Refused" is answered with 403, which the sync reports
as \`privilege_missing\`; "left out" is answered as if there were nothing.

| GET | Privilege | Without it | Missing then |
| --- | --- | --- | --- |
${readNeeds.map(needRow).join('\n')}`;
}

const doctor = `## The doctor

\`\`\`sh
npm run doctor -- proxmox                       # in a container: node dist/cli/proxbox-api.js doctor
npm run doctor -- proxmox --endpoint-ids 1,2 --json
curl http://localhost:8000/proxmox/doctor -H "X-Proxbox-API-Key: $KEY"
\`\`\`

The command reads the environment and the database of the service (a copy in memory; the file is not touched) and needs no API
key; the route examines what \`proxmox_endpoint_ids\`, \`name\`, \`domain\` or \`ip_address\` select, all enabled endpoints otherwise.
Both log in as a sync does, ask \`version\`, \`cluster/status\`, \`access/permissions\`, \`access/roles\`, and (where the account may) \`access/acl\`
and \`access/users\`, try one read of each kind and one call of a guest agent, and change nothing. The command ends with status 0 when all is well, 1 when not, 64 when it was
called wrongly.

| Part of the report | How to read it |
| --- | --- |
| \`addresses\` | Each host of the endpoint: reached or not, and its certificate. It is looked at even when \`verify_ssl\` is off |
| \`login\` | Token or password, the account, and whether Proxmox accepted it (\`null\`: it did not come to that) |
| \`nodes\` | Those that \`cluster/status\` names |
| \`privileges\` | \`present\`, \`missing\`, \`partial\` (on some objects below the path only) or \`unknown\`, with what is missing without |
| \`reads\` | \`answered\`, \`refused\` (403), \`failed\`, or \`not_tried\` because there is nothing to try it on |
| \`problems\` | The worst first: cause, cure, commands for a node, and what is missing in NetBox until then |

Errors and warnings make an endpoint not well; a note does not. Run the commands in their order and examine again: granting what
is there already changes nothing, and no command takes away what the account, or another, has.

| Problem | Meaning |
| --- | --- |
| \`unreachable\` | Nothing answers: address, port, firewall, or pveproxy does not run |
| \`address_unreachable\` | A note: one address of the endpoint does not answer, the other does |
| \`not_proxmox\` | Something else answers, such as a port without TLS or a login page |
| \`tls_rejected\` | \`verify_ssl\` is on and the certificate has expired, is for another name, or is signed by an unknown authority |
| \`tls_unverified\` | A note: \`verify_ssl\` is off, and the certificate would be refused |
| \`credentials_unusable\` | Neither token nor password is stored, or they cannot be decrypted |
| \`login_refused\` | Wrong password or token, unknown user, realm or token |
| \`two_factor\` | The password needs a second factor: use a token |
| \`token_without_privileges\` | A token with privilege separation to which nothing is granted |
| \`privileges_missing\` | The account lacks privileges of the read-only role: an error, or a warning when the sync only knows less without |
| \`privileges_partial\` | It has them on some objects only |
| \`guests_hidden\` | VMIDs are in use that no list has: an entry on single guests, such as \`NoAccess\`, hides them; up to 30 VMIDs are asked for |
| \`privileges_unknown\` | \`access/permissions\` could not be read |
| \`backups_hidden\` | A note: the account may not see backups |
| \`read_refused\`, \`read_failed\` | One read did not work although the privileges look right |
| \`node_offline\`, \`no_quorum\` | The state of the cluster |`;

export function permissionsPage(): string {
  return `${[introduction, role, privilegeTable(), backups, doctor].join('\n\n')}\n`;
}
