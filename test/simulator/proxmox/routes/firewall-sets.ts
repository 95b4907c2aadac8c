/** IP sets and their members. */
import type { EstateFirewall, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';
import { checkDigest, digestOf } from './firewall-digest.js';
import { bookOf, cleanCidr, refuse, withComment, type Place } from './firewall-place.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

function setOf(place: Place, call: Call) {
  const name = placeOf(call, 'name');
  const set = bookOf(place, call).ipsets.find((candidate) => candidate.name === name);
  if (set === undefined) throw new ApiError(500, `no such IPSet '${name}'`);
  return set;
}

/** As they are listed, and what their digest is of. */
const listedSets = ({ ipsets }: EstateFirewall) => ipsets.map(({ name, comment }) => withComment({ name }, comment));

export function ipsetRoutes(place: Place): readonly Route[] {
  const { base, audit, modify } = place;
  const path = `${base}/ipset`;
  return [
    {
      method: 'GET',
      path,
      permission: audit,
      handler: (call) => {
        const sets = listedSets(bookOf(place, call));
        return sets.map((set) => ({ ...set, digest: digestOf(sets) }));
      },
    },
    {
      method: 'POST',
      path,
      permission: modify,
      parameters: { name: { type: 'string', required: true }, comment: text, digest: text, rename: text },
      handler: (call) => makeSet(bookOf(place, call), call),
    },
    {
      method: 'DELETE',
      path: `${path}/{name}`,
      permission: modify,
      parameters: { force: flag },
      handler: (call) => {
        const { ipsets } = bookOf(place, call);
        const set = setOf(place, call);
        if (set.entries.length > 0 && call.parameters['force'] !== true)
          throw new ApiError(500, `IPSet '${set.name}' is not empty`);
        ipsets.splice(ipsets.indexOf(set), 1);
        return null;
      },
    },
    ...entryRoutes(place, path),
  ];
}

function makeSet(book: EstateFirewall, call: Call): null {
  const { name, comment = '', rename } = call.parameters;
  if (rename !== undefined) {
    checkDigest(listedSets(book), call);
    const set = book.ipsets.find((candidate) => candidate.name === rename);
    if (set === undefined) refuse('name', `IPSet '${String(rename)}' does not exist`);
    if (call.parameters['comment'] !== undefined) set.comment = String(comment);
    return null;
  }
  if (book.ipsets.some((set) => set.name === name)) refuse('name', `IPSet '${String(name)}' already exists`);
  book.ipsets.push({ name: String(name), comment: String(comment), entries: [] });
  return null;
}

const values = { comment: text, nomatch: flag };

const rowOf = (call: Call, cidr: unknown): PveRow =>
  withComment({ cidr, ...(call.parameters['nomatch'] === true ? { nomatch: 1 } : {}) }, call.parameters['comment']);
const indexIn = (entries: readonly PveRow[], cidr: unknown): number =>
  entries.findIndex((entry) => entry['cidr'] === cleanCidr(cidr));

function entryRoutes(place: Place, ofSets: string): readonly Route[] {
  const { audit } = place;
  const path = `${ofSets}/{name}`;
  const one = `${path}/{cidr}`;
  return [
    {
      method: 'GET',
      path,
      permission: audit,
      handler: (call) => {
        const { entries } = setOf(place, call);
        return entries.map((entry) => ({ ...entry, digest: digestOf(entries) }));
      },
    },
    {
      method: 'GET',
      path: one,
      permission: audit,
      handler: (call) => {
        const { entries } = setOf(place, call);
        const entry = entries[indexIn(entries, placeOf(call, 'cidr'))];
        return entry ?? refuse('cidr', 'no such IP/Network');
      },
    },
    ...entryWrites(place, path),
  ];
}

function entryWrites(place: Place, path: string): readonly Route[] {
  const { modify } = place;
  const one = `${path}/{cidr}`;
  return [
    {
      method: 'POST',
      path,
      permission: modify,
      parameters: { cidr: { type: 'string', required: true }, ...values },
      handler: (call) => {
        const { entries } = setOf(place, call);
        const { cidr } = call.parameters;
        if (indexIn(entries, cidr) >= 0) refuse('cidr', `address '${String(cidr)}' already exists`);
        entries.push(rowOf(call, cleanCidr(cidr)));
        return null;
      },
    },
    {
      method: 'PUT',
      path: one,
      permission: modify,
      parameters: { ...values, digest: text },
      handler: (call) => {
        const { entries } = setOf(place, call);
        checkDigest(entries, call);
        const at = indexIn(entries, placeOf(call, 'cidr'));
        if (at < 0) refuse('cidr', 'no such IP/Network');
        entries[at] = rowOf(call, entries[at]?.['cidr']);
        return null;
      },
    },
    {
      method: 'DELETE',
      path: one,
      permission: modify,
      parameters: { digest: text },
      handler: (call) => {
        const { entries } = setOf(place, call);
        checkDigest(entries, call);
        const at = indexIn(entries, placeOf(call, 'cidr'));
        if (at >= 0) entries.splice(at, 1);
        return null;
      },
    },
  ];
}
