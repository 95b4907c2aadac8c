/** What is told of whole kinds when a plan was applied, in the order of the kinds, whichever was written first. */
import { kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import { placeOf } from '../../netbox/kinds/order.js';
import { counted } from '../../values/short-text.js';
import type { Desired, Reason, Warning } from '../types.js';
import { spareCode } from './unwanted.js';

/** Why objects of a kind were not written, and which. */
interface RefusedKind extends Reason {
  readonly kind: ObjectKind;
  readonly labels: string[];
}

export class KindWarnings {
  readonly #single: { readonly kind: ObjectKind; readonly warning: Warning }[] = [];
  /** By sentence: told once, of what others do without with those that were left out. */
  readonly #refused = new Map<string, RefusedKind>();

  add(kind: ObjectKind, warning: Warning): void {
    this.#single.push({ kind, warning });
  }

  /** An object was left out for a reason that concerns all of its kind. True where the reason is new. */
  refuse({ kind, label }: Desired, reason: Reason): boolean {
    const known = this.#refused.get(reason.message);
    const refused = known ?? { ...reason, kind, labels: [] };
    refused.labels.push(label);
    this.#refused.set(reason.message, refused);
    return known === undefined;
  }

  warnings(): readonly Warning[] {
    return [
      ...this.#single.toSorted(byKind).map(({ warning }) => warning),
      ...[...this.#refused.values()].toSorted(byKind).map(asWarning),
    ];
  }
}

function asWarning({ code, message, kind, labels }: RefusedKind): Warning {
  const leftOut = spareCode(kind) === undefined ? '' : ` Left out: ${counted(kindDefinition(kind).noun, labels)}.`;
  return { code, message: `${message}${leftOut}` };
}

function byKind(a: { readonly kind: ObjectKind }, b: { readonly kind: ObjectKind }): number {
  return placeOf(a.kind) - placeOf(b.kind);
}
