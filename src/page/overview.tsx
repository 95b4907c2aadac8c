/** Is it well? Where NetBox stands, what failed last, and what stands at both ends. */
import type { Drift, ProxmoxEndpoint, Run } from './bodies.js';
import { DriftOf } from './drift.js';
import { useAsked } from './hooks.js';
import { Ago, Nothing, Problem, Status, Waiting } from './parts.js';
import { Errors } from './run-errors.js';
import { RunTable } from './run-table.js';
import { StartButtons } from './start.js';
import { NetBoxTile } from './netbox-tile.js';
import { pending, Tile } from './tile.js';
import { countText, numberText } from './words.js';

const refreshMs = 5_000;
/** Of what costs a request to NetBox or Proxmox. */
const lookMs = 30_000;

export function Overview() {
  const runs = useAsked<{ runs: readonly Run[] }>('/runs?limit=5', refreshMs);
  const updates = useAsked<{ runs: readonly Run[] }>('/runs?limit=1&kind=full-update', refreshMs);
  const last = updates.answer?.runs[0];
  return (
    <>
      <h1>Overview</h1>
      <Problem error={updates.error} again={updates.again} />
      {updates.answer !== undefined && <Verdict last={last} />}
      <StartButtons />
      <Next />
      {last !== undefined && <Errors run={last} title="What failed last" />}
      <Both />
      <h2>Newest runs</h2>
      {runs.answer === undefined ? (
        runs.error === undefined && <Waiting />
      ) : runs.answer.runs.length === 0 ? (
        <Nothing>Nothing has run yet.</Nothing>
      ) : (
        <RunTable runs={runs.answer.runs} />
      )}
    </>
  );
}

const verdicts: Readonly<Record<string, readonly [tone: string, text: string]>> = {
  completed: ['good', 'All is well: the last full update left nothing out.'],
  running: ['info', 'A full update is under way.'],
  partial: ['warn', 'The last full update was done in part.'],
  failed: ['bad', 'The last full update failed.'],
  cancelled: ['warn', 'The last full update was cancelled.'],
  interrupted: ['warn', 'The last full update was interrupted, as the service ended.'],
};

function Verdict({ last }: { last: Run | undefined }) {
  if (last === undefined)
    return <p class="notice info">No full update has run yet. A preview shows what it would do.</p>;
  const [tone, text] = verdicts[last.status] ?? ['info', last.status];
  return (
    <p class={`notice ${tone}`}>
      <strong>{text}</strong> <a href={`#/runs/${encodeURIComponent(last.id)}`}>See the run</a>, begun{' '}
      <Ago at={last.started_at} />.
    </p>
  );
}

interface Schedule {
  readonly schedule: string | null;
  readonly next_at: string | null;
  readonly last: { readonly at: string; readonly outcome: string; readonly message: string } | null;
}

/** When it syncs by itself. */
function Next() {
  const { answer } = useAsked<Schedule>('/sync/schedule', lookMs);
  if (answer === undefined) return null;
  const { schedule, next_at: next, last } = answer;
  if (schedule === null)
    return (
      <p class="quiet">
        This service begins no full update by itself: <code>PROXBOX_SYNC_SCHEDULE</code> is not set.
      </p>
    );
  return (
    <p>
      {next === null ? (
        'No full update comes by itself'
      ) : (
        <>
          The next full update comes by itself <Ago at={next} />
        </>
      )}{' '}
      (<code>{schedule}</code>).{last !== null && last.outcome !== 'begun' && ` ${last.message}`}
    </p>
  );
}

/** Both sides of a sync. */
function Both() {
  const netbox = useAsked<readonly { id: number; name: string }[]>('/netbox/endpoint');
  const proxmox = useAsked<readonly ProxmoxEndpoint[]>('/proxmox/endpoints');
  const drift = useAsked<Drift>('/drift', refreshMs);
  return (
    <>
      <h2>Endpoints</h2>
      <Problem error={netbox.error ?? proxmox.error} />
      <ul class="tiles" aria-label="Endpoints">
        {netbox.answer?.map((endpoint) => (
          <NetBoxTile key={endpoint.id} {...endpoint} />
        ))}
        {netbox.answer?.length === 0 && <Missing of="NetBox" route="POST /netbox/endpoint" />}
        {proxmox.answer?.map((endpoint) => (
          <ProxmoxTile key={endpoint.id} endpoint={endpoint} drift={drift.answer} />
        ))}
        {proxmox.answer?.length === 0 && <Missing of="Proxmox" route="POST /proxmox/endpoints" />}
      </ul>
    </>
  );
}

function Missing({ of, route }: { of: string; route: string }) {
  return (
    <Tile title={of} state={<Status of="skipped">None</Status>}>
      No endpoint is stored. The plugin pushes its own; by hand it is <code>{route}</code>.
    </Tile>
  );
}

interface Cluster {
  readonly name: string;
  readonly mode: string;
  readonly quorate: boolean;
  readonly node_list: readonly { readonly name: string; readonly online: boolean }[];
}

interface Guest {
  readonly status: string | null;
  readonly template: number | null;
}

function ProxmoxTile({
  endpoint: { id, name, enabled },
  drift,
}: {
  endpoint: ProxmoxEndpoint;
  drift: Drift | undefined;
}) {
  const of = (path: string): string | null => (enabled ? `${path}proxmox_endpoint_ids=${id}` : null);
  const clusters = useAsked<readonly Cluster[]>(of('/proxmox/cluster/status?'), lookMs);
  const guests = useAsked<readonly Readonly<Record<string, readonly Guest[]>>[]>(
    of('/proxmox/cluster/resources?type=vm&'),
  );
  const success = useAsked<{ runs: readonly Run[] }>(`/runs?endpoint=${id}&status=completed&kind=full-update&limit=1`);
  const cluster = clusters.answer?.[0];
  const error = clusters.error ?? guests.error;
  const at = success.answer?.runs[0]?.ended_at;
  return (
    <Tile
      title={`Proxmox ${name}`}
      state={<ClusterState isEnabled={enabled} cluster={cluster} error={clusters.error} />}
      below={drift && <DriftOf id={id} drift={drift} />}
    >
      {error?.message}
      {cluster && error === undefined && <>{clusterText(cluster)} </>}
      {guests.answer && <>{guestText(guests.answer.flatMap((part) => Object.values(part).flat()))} </>}
      {success.answer && (
        <span class="quiet">
          {typeof at === 'string' ? (
            <>
              Last complete update <Ago at={at} />.
            </>
          ) : (
            'No complete update yet.'
          )}
        </span>
      )}
    </Tile>
  );
}

function ClusterState({
  isEnabled,
  cluster,
  error,
}: {
  isEnabled: boolean;
  cluster: Cluster | undefined;
  error: Error | undefined;
}) {
  if (!isEnabled) return <Status of="plain">Switched off</Status>;
  if (error !== undefined) return <Status of="failed">Not read</Status>;
  if (cluster === undefined) return pending;
  if (!cluster.quorate) return <Status of="failed">No quorum</Status>;
  const isWhole = cluster.node_list.every(({ online }) => online);
  return <Status of={isWhole ? 'ok' : 'partial'}>{isWhole ? 'Reachable' : 'Nodes offline'}</Status>;
}

function clusterText({ name, mode, node_list: nodes }: Cluster): string {
  const offline = nodes.filter(({ online }) => !online).map((node) => node.name);
  const away = offline.length === 0 ? '' : `, offline: ${offline.join(', ')}`;
  return `${mode === 'cluster' ? 'Cluster' : 'Node'} ${name}, ${countText(nodes.length, 'node')}${away}.`;
}

function guestText(guests: readonly Guest[]): string {
  const running = guests.filter(({ status }) => status === 'running').length;
  const templates = guests.filter(({ template }) => template === 1).length;
  const others = templates === 0 ? '' : `, ${countText(templates, 'template')} among them`;
  return `${countText(guests.length, 'guest')}, ${numberText(running)} running${others}.`;
}
