/** What NetBox asks of VLANs and of their groups. */
import { rangesIn } from '../places.js';
import type { Rule } from './rule.js';
import { displayOf } from '../display.js';
import { refuse } from '../failures.js';
import { asText, pythonText } from '../values.js';
import { related, type Change } from '../world.js';

const scopes = ['dcim.region', 'dcim.sitegroup', 'dcim.site', 'dcim.location', 'dcim.rackgroup', 'dcim.rack'];
const clusterScopes = ['virtualization.clustergroup', 'virtualization.cluster'];

const isRange = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((bound) => Number.isInteger(bound));

/** A group has both halves of its scope or none, and ranges that do not overlap. */
export const vlanGroupRule: Rule = {
  validate: ({ given }) => {
    const scope = given['scope_type'];
    if (typeof scope === 'string' && ![...scopes, ...clusterScopes].includes(scope))
      refuse('scope_type', `Invalid content type: ${scope}`);
    const ranges = given['vid_ranges'];
    if (ranges !== undefined && !(Array.isArray(ranges) && ranges.every(isRange)))
      refuse('vid_ranges', 'Ranges must be specified in the form (lower, upper).');
  },
  clean: ({ draft }) => {
    if (draft['scope_type'] && !draft['scope_id']) refuse('__all__', 'Cannot set scope_type without scope_id.');
    if (draft['scope_id'] && !draft['scope_type']) refuse('__all__', 'Cannot set scope_id without scope_type.');
    const ranges = rangesIn(draft['vid_ranges']).toSorted(([left], [right]) => left - right);
    for (const [index, [low, high]] of ranges.entries()) {
      if (low < 1) refuse('vid_ranges', `Starting VLAN ID in range (${low}) cannot be less than 1`);
      if (high > 4094) refuse('vid_ranges', `Ending VLAN ID in range (${high}) cannot exceed 4094`);
      if (low > high)
        refuse(
          'vid_ranges',
          `Ending VLAN ID in range must be greater than or equal to the starting VLAN ID (${low}-${high})`,
        );
      if (low <= (ranges[index - 1]?.[1] ?? 0)) refuse('vid_ranges', 'Ranges cannot overlap.');
    }
  },
};

const siteIsInScope = (change: Change): void => {
  const group = related(change, 'group');
  const site = related(change, 'site');
  if (group === undefined || site === undefined) return;
  const { store } = change.world;
  const scope = displayOf(store, asText(group['scope_type']), group['scope_id']);
  const names = { group: asText(group['name']), site: asText(site['name']) };
  if (group['scope_type'] === 'dcim.site' && group['scope_id'] !== site.id)
    refuse(
      '__all__',
      `VLAN is assigned to group ${names.group} (scope: ${scope}); cannot also assign to site ${names.site}.`,
    );
  if (group['scope_type'] === 'dcim.sitegroup' && group['scope_id'] !== site['group'])
    refuse(
      '__all__',
      `The assigned site ${names.site} is not a member of the assigned group ${names.group} (scope: ${scope}).`,
    );
};

/** A VLAN is in the scope and in the ranges of its group. */
export const vlanRule: Rule = {
  clean: (change) => {
    siteIsInScope(change);
    const group = related(change, 'group');
    if (group === undefined) return;
    const vid = Number(change.draft['vid']);
    const ranges = rangesIn(group['vid_ranges']);
    if (ranges.some(([low, high]) => low <= vid && vid <= high)) return;
    const shown = ranges.map(([low, high]) => (low === high ? String(low) : `${low}-${high}`)).join(',');
    refuse('vid', `VID must be in ranges ${shown} for VLANs in group ${pythonText(group['name'])}`);
  },
};
