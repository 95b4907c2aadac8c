/** What is wrong between this service and Proxmox or NetBox, and the commands that mend it. */
import { useState } from 'preact/hooks';
import type { DoctorReport, EndpointReport, Finding, NetBoxReport } from './bodies.js';
import { useAsked } from './hooks.js';
import { Nothing, Problem, Status, Table } from './parts.js';
import { nameOf } from './words.js';

export function DoctorView() {
  const [turn, setTurn] = useState(0);
  return (
    <>
      <h1>Doctor</h1>
      <p>
        Logs in to NetBox and to each Proxmox endpoint as a sync does, and says what is wrong and what mends it. Nothing
        is written.
      </p>
      <Examination key={turn} again={() => setTurn(turn + 1)} />
    </>
  );
}

function Examination({ again }: { again: () => void }) {
  const netbox = useAsked<NetBoxReport>('/netbox/doctor');
  const proxmox = useAsked<DoctorReport>('/proxmox/doctor');
  const isBusy = [netbox, proxmox].some(({ answer, error }) => answer === undefined && error === undefined);
  return (
    <>
      <p class="bar">
        <button onClick={again} disabled={isBusy}>
          {isBusy ? 'Examining…' : 'Examine again'}
        </button>
      </p>
      <Problem error={netbox.error} />
      {netbox.answer !== undefined && <NetBox report={netbox.answer} />}
      <Problem error={proxmox.error} />
      {proxmox.answer?.endpoints.length === 0 && <Nothing>No Proxmox endpoint is stored.</Nothing>}
      {proxmox.answer?.endpoints.map((endpoint) => (
        <Endpoint key={endpoint.endpoint_id} endpoint={endpoint} />
      ))}
    </>
  );
}

function NetBox({ report }: { report: NetBoxReport }) {
  const { ok, problems, version, plugin_version: plugin, user, rights } = report;
  const facts = [
    version && `NetBox ${version}`,
    version && (plugin === null ? 'without netbox-proxbox' : `netbox-proxbox ${plugin}`),
    user && `token of ${user}`,
  ].filter(Boolean);
  return (
    <section aria-labelledby="netbox">
      <h2 id="netbox">
        NetBox <Status of={ok ? 'ok' : 'failed'}>{ok ? 'Well' : 'Not well'}</Status>
      </h2>
      <p class="quiet">{facts.join(' · ')}</p>
      <Problems problems={problems} of="NetBox" />
      {rights.length > 0 && (
        <details>
          <summary>Permissions of {user ?? 'the token'} in NetBox</summary>
          <Rights rights={rights} />
        </details>
      )}
    </section>
  );
}

function Problems({ problems, of }: { problems: readonly Finding[]; of: string }) {
  return (
    <ul class="problems" aria-label={`Problems of ${of}`}>
      {problems.map((problem) => (
        <li key={problem.code + problem.cause} class={problem.severity}>
          <Advice problem={problem} />
        </li>
      ))}
    </ul>
  );
}

function Endpoint({ endpoint }: { endpoint: EndpointReport }) {
  const { endpoint: name, endpoint_id: id, ok, problems, privileges } = endpoint;
  return (
    <section aria-labelledby={`endpoint-${id}`}>
      <h2 id={`endpoint-${id}`}>
        {name} <Status of={ok ? 'ok' : 'failed'}>{ok ? 'Well' : 'Not well'}</Status>
      </h2>
      <p class="quiet">{whereText(endpoint)}</p>
      <Problems problems={problems} of={name} />
      {privileges.length > 0 && (
        <details>
          <summary>Privileges of {endpoint.login.account}</summary>
          <Privileges endpoint={endpoint} />
        </details>
      )}
    </section>
  );
}

function whereText({ login, version, cluster, nodes, reachable }: EndpointReport): string {
  const offline = nodes.filter(({ online }) => !online).map(({ name }) => name);
  return [
    reachable ? null : 'does not answer',
    version && `Proxmox VE ${version.version}`,
    cluster && `${cluster.mode === 'cluster' ? 'cluster' : 'node'} ${cluster.name}`,
    nodes.length > 0 && `${nodes.length} nodes${offline.length === 0 ? '' : `, offline: ${offline.join(', ')}`}`,
    login.account && `logs in as ${login.account}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function Advice({ problem: { code, cause, cure, commands, missing } }: { problem: Finding }) {
  return (
    <>
      <strong>{nameOf(code)}</strong>
      <p>{cause}</p>
      {cure !== '' && <p class="cure">{cure}</p>}
      {commands.length > 0 && <Commands commands={commands} />}
      {missing.length > 0 && <p class="quiet">Missing until then: {missing.join('; ')}.</p>}
    </>
  );
}

function Commands({ commands }: { commands: readonly string[] }) {
  const [isCopied, setCopied] = useState(false);
  const text = commands.join('\n');
  const copy = (): void =>
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div class="commands">
      <pre tabIndex={0} aria-label="Commands">
        {text}
      </pre>
      {/* Browsers give out the clipboard to pages that came encrypted or from this machine. */}
      {isSecureContext && <button onClick={copy}>{isCopied ? 'Copied' : 'Copy'}</button>}
    </div>
  );
}

const states: Readonly<Record<string, string>> = {
  present: 'ok',
  partial: 'partial',
  conditional: 'partial',
  missing: 'failed',
};

/** What an account may do: a row each, by their names. */
function Grants({ of, heads, rows }: { of: string; heads: readonly [string, string]; rows: readonly Grant[] }) {
  const [what, on] = heads;
  return (
    <Table label={of} columns={[what, on, 'State', 'Without it']}>
      {rows.map(({ name, where, state, without }) => (
        <tr key={`${name} ${where} ${without}`}>
          <th scope="row">{name}</th>
          <td>{where}</td>
          <td>
            <Status of={states[state] ?? 'plain'}>{nameOf(state)}</Status>
          </td>
          <td>{without}</td>
        </tr>
      ))}
    </Table>
  );
}

interface Grant {
  readonly name: string;
  readonly where: string;
  readonly state: string;
  readonly without: string;
}

function Privileges({ endpoint: { privileges, endpoint } }: { endpoint: EndpointReport }) {
  const rows = privileges.map(({ privilege, path, state, without }) => ({
    name: privilege,
    where: path,
    state,
    without: without.join('; '),
  }));
  return <Grants of={`Privileges of ${endpoint}`} heads={['Privilege', 'On']} rows={rows} />;
}

function Rights({ rights }: Pick<NetBoxReport, 'rights'>) {
  const rows = rights.map(({ permission, purpose, state, without }) => ({
    name: permission,
    where: nameOf(purpose),
    state,
    without,
  }));
  return <Grants of="Permissions in NetBox" heads={['Permission', 'For']} rows={rows} />;
}
