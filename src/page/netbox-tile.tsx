/** Where NetBox stands: reachable, which releases, and whether it bears what it is asked. */
import type { NetBoxPressure } from './bodies.js';
import { useAsked } from './hooks.js';
import { Status } from './parts.js';
import { pending, Tile } from './tile.js';
import { countText, durationText, numberText } from './words.js';

/** Costs a request to NetBox. */
const lookMs = 30_000;
const pressureMs = 5_000;

interface Probe {
  readonly reachable: boolean;
  readonly api_version: string | null;
  readonly error: string | null;
}

interface NetBoxStatus {
  readonly plugins?: Readonly<Record<string, string>>;
}

export function NetBoxTile({ id, name }: { id: number; name: string }) {
  const { answer, error } = useAsked<Probe>(`/netbox/endpoint/${id}/probe`, lookMs);
  const status = useAsked<NetBoxStatus>(answer?.reachable === true ? `/netbox/status?netbox_id=${id}` : null);
  return (
    <Tile
      title={`NetBox ${name}`}
      state={error === undefined ? <Reachable probe={answer} /> : <Status of="failed">Unknown</Status>}
      below={<Pressure id={id} />}
    >
      {error?.message ?? (answer && probeText(answer))}
      {status.answer && pluginText(status.answer)} <a href="#/doctor">What may its token do?</a>
    </Tile>
  );
}

function Reachable({ probe }: { probe: Probe | undefined }) {
  if (probe === undefined) return pending;
  return <Status of={probe.reachable ? 'ok' : 'failed'}>{probe.reachable ? 'Reachable' : 'Unreachable'}</Status>;
}

const probeText = ({ error, api_version: version }: Probe): string => error ?? `Release ${version ?? 'unknown'}`;

function pluginText({ plugins = {} }: NetBoxStatus): string {
  const version = plugins['netbox_proxbox'];
  return version === undefined ? ', without the plugin Proxbox.' : `, plugin Proxbox ${version}.`;
}

function Pressure({ id }: { id: number }) {
  const { answer } = useAsked<NetBoxPressure>('/netbox/pressure', pressureMs);
  const of = answer?.endpoints.find(({ endpoint_id: endpoint }) => endpoint === id);
  if (answer === undefined || of === undefined) return null;
  const hasNone = of.is_overwhelmed || of.pause_seconds > 0;
  const isHeld = of.width < of.max_width || of.batch_limit !== null;
  return (
    <p class="pressure">
      {(hasNone || isHeld) && <Status of="warning">{hasNone ? 'No capacity' : 'Recovering'}</Status>}{' '}
      {of.pause_seconds > 0 && `Asked nothing for ${durationText(of.pause_seconds)}. `}
      {numberText(answer.active)} under way, {numberText(answer.waiting)} waiting;{' '}
      {of.width < of.max_width
        ? `${numberText(of.width)} of ${countText(of.max_width, 'request')} at once`
        : `up to ${countText(of.max_width, 'request')} at once`}
      {of.batch_limit !== null && `, ${countText(of.batch_limit, 'object')} in each`}.{' '}
      <span class="quiet">
        {countText(of.requests, 'request')} since the start, {numberText(of.retries)} repeated,{' '}
        {numberText(of.turned_away)} turned away.
      </span>
    </p>
  );
}
