/** Why the machine of a guest is as it is: every field with the rule that decides, and what mends the rest. */
import { useEffect, useState } from 'preact/hooks';
import type { Explanation, FoundMachines } from './bodies.js';
import { useAsked } from './hooks.js';
import { Ago, Nothing, Problem, Status, Table, Waiting } from './parts.js';
import { nameOf, valueText } from './words.js';

/**
 * @param vmid the guest that is explained
 * @param text what is looked for instead
 */
export function GuestView({
  vmid,
  endpoint,
  text,
}: {
  vmid: string | undefined;
  endpoint: string | null;
  text: string | null;
}) {
  return (
    <>
      <h1>Guest</h1>
      <p>
        Looks at one guest in Proxmox and at its machine in NetBox, and says why each field is as it is. Nothing is
        written.
      </p>
      <Search key={text ?? vmid} text={text ?? vmid ?? ''} />
      {vmid !== undefined ? <Explained vmid={vmid} endpoint={endpoint} /> : text !== null && <Machines text={text} />}
    </>
  );
}

function Search({ text }: { text: string }) {
  const [wanted, setWanted] = useState(text);
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        location.hash = `#/guest?text=${encodeURIComponent(wanted.trim())}`;
      }}
    >
      <label class="field wide">
        <span>Name, VMID, IP address or MAC address</span>
        <input
          required
          type="search"
          pattern=".*\S.*"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      </label>
      <button class="primary">Find</button>
    </form>
  );
}

type Machine = FoundMachines['machines'][number];

const placeOf = ({ vmid, endpoint_id: endpoint }: Machine): string =>
  `#/guest/${vmid ?? ''}${endpoint === null ? '' : `?endpoint=${endpoint}`}`;

/** The only one is explained at once. */
function Machines({ text }: { text: string }) {
  const { answer, error, again } = useAsked<FoundMachines>(`/explain/search?text=${encodeURIComponent(text)}`);
  const [only, other] = answer?.machines ?? [];
  const place = only === undefined || other !== undefined || only.vmid === null ? null : placeOf(only);
  useEffect(() => {
    if (place !== null) location.replace(place);
  }, [place]);
  if (error !== undefined) return <Problem error={error} again={again} />;
  if (answer === undefined || place !== null) return <Waiting />;
  if (only === undefined)
    return (
      <Nothing>
        No virtual machine in NetBox has that. The guest may not have been synced yet: a preview shows what a sync would
        do.
      </Nothing>
    );
  return <MachineTable found={answer} />;
}

function MachineTable({ found: { machines, has_more: hasMore } }: { found: FoundMachines }) {
  return (
    <>
      <Table label="Machines" columns={['Name', 'Status', { number: 'VMID' }, 'Cluster', 'Found by']}>
        {machines.map((machine) => (
          <tr key={machine.netbox_id}>
            <th scope="row">{machine.vmid === null ? machine.name : <a href={placeOf(machine)}>{machine.name}</a>}</th>
            <td>{nameOf(machine.status)}</td>
            <td class="number">{machine.vmid ?? 'not synced'}</td>
            <td>{machine.cluster ?? ''}</td>
            <td>{nameOf(machine.found_by)}</td>
          </tr>
        ))}
      </Table>
      {hasMore && <p class="quiet">There are more: look for something narrower.</p>}
    </>
  );
}

function Explained({ vmid, endpoint }: { vmid: string; endpoint: string | null }) {
  const query = endpoint === null ? '' : `?endpoint=${encodeURIComponent(endpoint)}`;
  const { answer, error, again } = useAsked<Explanation>(`/explain/guest/${encodeURIComponent(vmid)}${query}`);
  if (error !== undefined) return <Problem error={error} again={again} />;
  if (answer === undefined) return <Waiting />;
  const { machine, guest, summary, recognised_by: how, objects, findings, history } = answer;
  return (
    <>
      <h2>{machine.name}</h2>
      <p>{summary}</p>
      <p class="quiet">
        {guest !== null && `${[guest.type, guest.vmid, guest.node, guest.cluster].filter(Boolean).join(' · ')}. `}
        {how}
      </p>
      {findings.length > 0 && <Findings findings={findings} />}
      <h2>In NetBox</h2>
      {objects.length === 0 && <Nothing>No object of it was looked at: the findings say why.</Nothing>}
      {objects.map((object) => (
        <ObjectVerdict key={`${object.kind} ${object.label} ${object.netbox_id ?? ''}`} object={object} />
      ))}
      <History history={history} />
    </>
  );
}

function Findings({ findings }: Pick<Explanation, 'findings'>) {
  return (
    <ul class="problems" aria-label="Findings">
      {findings.map(({ reason, message, suggestion }) => (
        <li key={message} class="warning">
          <strong>{nameOf(reason)}</strong>
          <p>{message}</p>
          {suggestion !== null && <p class="cure">{suggestion}</p>}
        </li>
      ))}
    </ul>
  );
}

const tones: Readonly<Record<Explanation['objects'][number]['action'], string>> = {
  keep: 'ok',
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  skip: 'skipped',
  refuse: 'failed',
};
const words: typeof tones = {
  keep: 'As it should be',
  create: 'To be made',
  update: 'To be changed',
  delete: 'To be deleted',
  skip: 'Left out',
  refuse: 'Cannot be done',
};

function ObjectVerdict({ object }: { object: Explanation['objects'][number] }) {
  const { kind, label, action, verdict, suggestion, fields } = object;
  return (
    <details open={action !== 'keep' || kind === 'virtual-machine'}>
      <summary>
        {nameOf(kind)} {label} <Status of={tones[action]}>{words[action]}</Status>
      </summary>
      <p>{verdict}</p>
      {suggestion !== null && <p class="cure">{suggestion}</p>}
      {fields.length > 0 && (
        <Table
          label={`Fields of ${nameOf(kind)} ${label}`}
          kind="verdicts"
          columns={['Field', 'In Proxmox', 'In NetBox', 'Why']}
        >
          {fields.map(({ field, proxmox, netbox, verdict: why, setting }) => (
            <tr key={field}>
              <th scope="row">{field}</th>
              <td>{valueText(proxmox)}</td>
              <td>{valueText(netbox)}</td>
              <td>
                {why} {setting !== null && <code>{setting}</code>}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </details>
  );
}

function History({ history }: Pick<Explanation, 'history'>) {
  return (
    <>
      <h2>What runs did to it</h2>
      {history.length === 0 && <Nothing>Nothing that is still recorded.</Nothing>}
      <ul class="problems" aria-label="History">
        {history.map(({ run_id: run, at, position, outcome, kind, label, message }) => (
          <li key={`${run} ${position}`} class="note">
            <Status of={outcome} /> {nameOf(kind)} {label}, <Ago at={at} />. <a href={`#/runs/${run}`}>The run</a>
            {message !== null && <p>{message}</p>}
          </li>
        ))}
      </ul>
    </>
  );
}
