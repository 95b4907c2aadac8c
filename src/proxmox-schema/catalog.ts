/** Finds the operation that a concrete path means, and the nearest ones when there is none. Pure. */
import type { Operation, SchemaMethod } from './types.js';

export interface PathMatch {
  /** Of that path, by method. */
  readonly operations: ReadonlyMap<SchemaMethod, Operation>;
  /** Decoded values of the placeholders. */
  readonly place: Readonly<Record<string, string>>;
}

export interface Catalog {
  readonly pathCount: number;
  readonly operationCount: number;
  /** @param segments decoded, without the base */
  find(segments: readonly string[]): PathMatch | undefined;
  /** Known paths that look most like it, the best first; only those that have the method. */
  nearest(segments: readonly string[], method: SchemaMethod): readonly string[];
}

interface TreeNode {
  readonly literals: Map<string, TreeNode>;
  placeholder: { readonly name: string; readonly node: TreeNode } | undefined;
  readonly operations: Map<SchemaMethod, Operation>;
}

const emptyNode = (): TreeNode => ({ literals: new Map(), placeholder: undefined, operations: new Map() });
const segmentsOf = (path: string): readonly string[] => path.split('/').filter((segment) => segment !== '');
const placeholderOf = (segment: string): string | undefined => /^\{(.+)\}$/.exec(segment)?.[1];

/** Two paths never differ in the name of a placeholder alone: Proxmox builds its tree the same way. */
function childOf(node: TreeNode, segment: string): TreeNode {
  const name = placeholderOf(segment);
  if (name !== undefined) return (node.placeholder ??= { name, node: emptyNode() }).node;
  const known = node.literals.get(segment);
  if (known !== undefined) return known;
  const made = emptyNode();
  node.literals.set(segment, made);
  return made;
}

function treeOf(operations: readonly Operation[]): TreeNode {
  const root = emptyNode();
  for (const operation of operations) {
    segmentsOf(operation.path).reduce(childOf, root).operations.set(operation.method, operation);
  }
  return root;
}

type Place = readonly (readonly [string, string])[];

/** Literals win over placeholders, as in Proxmox. */
function descend(node: TreeNode, segments: readonly string[], place: Place): PathMatch | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    return node.operations.size === 0 ? undefined : { operations: node.operations, place: Object.fromEntries(place) };
  }
  const literal = node.literals.get(segment);
  const found = literal === undefined ? undefined : descend(literal, rest, place);
  if (found !== undefined || node.placeholder === undefined) return found;
  const { name, node: next } = node.placeholder;
  return descend(next, rest, [...place, [name, segment]]);
}

const maxWordLength = 40;

/** Levenshtein; words are cut, so that a long one costs no more. */
function editDistance(left: string, right: string): number {
  const to = right.slice(0, maxWordLength);
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, character] of Array.from(left.slice(0, maxWordLength)).entries()) {
    const current = [row + 1];
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (previous[column] ?? 0) + (character === to[column] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

/** 0 for equal words, 1 for words that have nothing in common; a placeholder takes any word, a little worse. */
function wordDistance(known: string | undefined, given: string | undefined): number {
  if (known === undefined || given === undefined) return 1;
  if (placeholderOf(known) !== undefined) return 0.1;
  return editDistance(known, given) / Math.max(known.length, Math.min(given.length, maxWordLength), 1);
}

function pathDistance(known: readonly string[], given: readonly string[]): number {
  const length = Math.max(known.length, given.length);
  return Array.from({ length }, (_, index) => wordDistance(known[index], given[index])).reduce(
    (sum, part) => sum + part,
    0,
  );
}

const nearestCount = 5;
/** Paths in which more than this share of the words differs are no help. */
const maxDistanceShare = 0.6;

export function createCatalog(operations: readonly Operation[]): Catalog {
  const root = treeOf(operations);
  const paths = new Set(operations.map(({ path }) => path));
  return {
    pathCount: paths.size,
    operationCount: operations.length,
    find: (segments) => descend(root, segments, []),
    nearest(segments, method) {
      const limit = Math.max(1, segments.length * maxDistanceShare);
      return operations
        .filter((operation) => operation.method === method)
        .map(({ path }) => ({ path, distance: pathDistance(segmentsOf(path), segments) }))
        .filter(({ distance }) => distance <= limit)
        .sort((left, right) => left.distance - right.distance || (left.path < right.path ? -1 : 1))
        .slice(0, nearestCount)
        .map(({ path }) => path);
    },
  };
}
