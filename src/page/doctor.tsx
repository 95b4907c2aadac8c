/** What is wrong between this service and Proxmox, and the commands that mend it. */
import { useState } from 'preact/hooks';
import type { DoctorReport, EndpointReport, Finding } from './bodies.js';
import { useAsked } from './hooks.js';
import { Nothing, Problem, Status } from './parts.js';
import { nameOf } from './words.js';

export function DoctorView() {
  const [turn, setTurn] = useState(0);
  return (
    <>
      <h1>Doctor</h1>
      <p>Logs in to each Proxmox endpoint as a sync does, and says what is wrong and what mends it.</p>
      <Examination key={turn} again={() => setTurn(turn + 1)} />
    </>
  );
}

function Examination({ again }: { again: () => void }) {
  const { answer, error } = useAsked<DoctorReport>('/proxmox/doctor');
  const isBusy = answer === undefined && error === undefined;
  return (
    <>
      <p class="bar">
        <button onClick={again} disabled={isBusy}>
          {isBusy ? 'Examining…' : 'Examine again'}
        </button>
      </p>
      <Problem error={error} />
      {answer?.endpoints.length === 0 && <Nothing>No Proxmox endpoint is stored.</Nothing>}
      {answer?.endpoints.map((endpoint) => (
        <Endpoint key={endpoint.endpoint_id} endpoint={endpoint} />
      ))}
    </>
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
      <ul class="problems" aria-label={`Problems of ${name}`}>
        {problems.map((problem) => (
          <li key={problem.code + problem.cause} class={problem.severity}>
            <Advice problem={problem} />
          </li>
        ))}
      </ul>
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

const states: Readonly<Record<string, string>> = { present: 'ok', partial: 'partial', missing: 'failed' };

function Privileges({ endpoint: { privileges, endpoint } }: { endpoint: EndpointReport }) {
  return (
    <div class="scrolls" tabIndex={0} role="group" aria-label={`Privileges of ${endpoint}`}>
      <table>
        <thead>
          <tr>
            <th>Privilege</th>
            <th>On</th>
            <th>State</th>
            <th>Without it</th>
          </tr>
        </thead>
        <tbody>
          {privileges.map(({ privilege, path, state, without }) => (
            <tr key={privilege + path}>
              <th scope="row">{privilege}</th>
              <td>{path}</td>
              <td>
                <Status of={states[state] ?? 'plain'}>{nameOf(state)}</Status>
              </td>
              <td>{without.join('; ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
