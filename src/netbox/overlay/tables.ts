/** What the table of kinds says of the rows of a collection, the views of it included. Pure. */
import { typeOf, type FieldSpec, type FieldType, type ReadSpec } from '../kinds/fields.js';
import { isKind, kindDefinition, objectKinds, otherHalf, storedKind, type ObjectKind } from '../kinds/index.js';
import { grouped } from '../../values/grouped.js';
import { contentType } from '../kinds/values.js';

/** What a field says of another object. */
interface Pointer {
  /** Collections that it may lead to. */
  readonly paths: readonly string[];
  /** The row goes along when that object is deleted, as it is recognised by it; otherwise the field is emptied. */
  readonly isParent: boolean;
}

export interface Table {
  readonly kind: ObjectKind;
  readonly path: string;
  readonly types: ReadonlyMap<string, FieldType>;
  /** Of what NetBox nests in the field more is read than which object it is. */
  readonly nested: ReadonlySet<string>;
  readonly pointers: ReadonlyMap<string, Pointer>;
  /** Compared without regard to case. */
  readonly anyCase: string | undefined;
}

const collections: ReadonlyMap<string, readonly ObjectKind[]> = grouped(
  objectKinds,
  (kind) => kindDefinition(kind).path,
);

const tables: ReadonlyMap<string, Table> = new Map(
  [...collections].map(([path, kinds]) => [path, tableOf(path, kinds)]),
);

/** undefined: a collection that no kind is kept in, and that no run writes. */
export function tableAt(path: string): Table | undefined {
  return tables.get(path);
}

/** Collections of the objects that others name by type and id, by what NetBox calls the type. */
const pathsOfTypes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'virtualization.vminterface': 'vm-interface',
    'virtualization.virtualmachine': 'virtual-machine',
    'dcim.interface': 'node-interface',
    'dcim.site': 'site',
    'ipam.ipaddress': 'ip-address',
  } satisfies Record<string, ObjectKind>).map(([type, kind]) => [type, kindDefinition(kind).path]),
);

/** Where the object is that a pointer of a row leads to. */
export function pathOfPointer(
  { kind, pointers }: Table,
  field: string,
  row: Readonly<Record<string, unknown>>,
): string | undefined {
  const half = otherHalf(kind, field);
  if (half !== undefined) return pathsOfTypes.get(contentType(row[half]) ?? '');
  return pointers.get(field)?.paths[0];
}

function tableOf(path: string, kinds: readonly ObjectKind[]): Table {
  const [first] = kinds;
  const kind = storedKind(first ?? 'tag');
  const specs = kinds.flatMap((one): readonly (readonly [string, FieldSpec | ReadSpec])[] => {
    const { fields, reads = {} } = kindDefinition(one);
    return [...Object.entries(reads), ...Object.entries(fields)];
  });
  return {
    kind,
    path,
    types: new Map(specs.map(([field, spec]) => [field, typeOf(spec)])),
    nested: new Set(specs.flatMap(([, spec]) => (typeof spec === 'object' && 'of' in spec ? [spec.of] : []))),
    pointers: pointersOf(kinds),
    anyCase: kindDefinition(kind).natural?.anyCase,
  };
}

function pointersOf(kinds: readonly ObjectKind[]): Table['pointers'] {
  const pointers = new Map<string, Pointer>();
  for (const kind of kinds) {
    const { fields, natural } = kindDefinition(kind);
    for (const [field, spec] of Object.entries(fields)) {
      if (typeof spec === 'string' || spec.type !== 'relation') continue;
      const paths = spec.to.filter(isKind).map((one) => kindDefinition(one).path);
      const known = pointers.get(field);
      pointers.set(field, {
        paths: [...new Set([...(known?.paths ?? []), ...paths])],
        isParent: known?.isParent === true || natural?.fields.includes(field) === true,
      });
    }
  }
  // A number in the table of kinds, as it may be an interface of either sort.
  if (kinds.includes('mac-address')) pointers.set('assigned_object_id', { paths: [], isParent: true });
  return pointers;
}
