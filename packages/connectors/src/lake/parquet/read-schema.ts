import type { FileColumn, FileType } from './file-type.ts';
import { THRIFT, ThriftReader } from './thrift-reader.ts';

/** One SchemaElement of a Parquet footer (parquet.thrift). */
export interface SchemaElement {
  physical: number | undefined;
  repeated: boolean;
  name: string;
  children: number;
  converted: number | undefined;
  scale: number;
  precision: number;
  /** Field number in the LogicalType union. */
  logical: number | undefined;
  utc: boolean;
  /** Field number in the TimeUnit union, of times: milliseconds, microseconds, nanoseconds. */
  timeUnit: number | undefined;
  bits: number;
  signed: boolean;
}

const PHYSICAL = [
  'BOOLEAN',
  'INTEGER',
  'BIGINT',
  'TIMESTAMP', // INT96: only ever used for timestamps
  'FLOAT',
  'DOUBLE',
  'BLOB',
  'BLOB', // FIXED_LEN_BYTE_ARRAY
] as const;
const REPEATED = 2;
/** Of FileMetaData in parquet.thrift. */
export const FOOTER_FIELD = { schema: 2, rows: 3, rowGroups: 4 } as const;
const MAX_DEPTH = 64;

/** ConvertedType numbers of parquet.thrift that are plain scalars. */
const CONVERTED: Readonly<Record<number, string>> = {
  0: 'VARCHAR',
  4: 'VARCHAR', // ENUM
  6: 'DATE',
  7: 'TIME',
  8: 'TIME',
  // Without a LogicalType beside it, a timestamp counts as UTC; DuckDB reads it as TIMESTAMP.
  9: 'TIMESTAMP',
  10: 'TIMESTAMP',
  11: 'UTINYINT',
  12: 'USMALLINT',
  13: 'UINTEGER',
  14: 'UBIGINT',
  15: 'TINYINT',
  16: 'SMALLINT',
  17: 'INTEGER',
  18: 'BIGINT',
  19: 'JSON',
  20: 'BLOB', // BSON
  21: 'INTERVAL',
};
const CONVERTED_MAP = [1, 2];
const CONVERTED_LIST = 3;
const CONVERTED_DECIMAL = 5;

export const LOGICAL = {
  string: 1,
  map: 2,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  time: 7,
  timestamp: 8,
  integer: 10,
  null: 11,
  json: 12,
  bson: 13,
  uuid: 14,
  float16: 15,
} as const;
const LOGICAL_SCALAR: Readonly<Record<number, string>> = {
  [LOGICAL.string]: 'VARCHAR',
  [LOGICAL.enum]: 'VARCHAR',
  [LOGICAL.date]: 'DATE',
  [LOGICAL.null]: 'NULL',
  [LOGICAL.json]: 'JSON',
  [LOGICAL.bson]: 'BLOB',
  [LOGICAL.uuid]: 'UUID',
  [LOGICAL.float16]: 'FLOAT',
};

/**
 * The columns and the number of rows of a Parquet file from its FileMetaData (the bytes before the last 8). They stand at its
 * beginning: row groups are not read. Throws RangeError on malformed input.
 */
export function readSchema(metadata: Buffer): {
  readonly columns: readonly FileColumn[];
  readonly rows: number;
} {
  const elements: SchemaElement[] = [];
  let rows: number | undefined;
  const reader = new ThriftReader(metadata);
  for (let field = 0; elements.length === 0 || rows === undefined;) {
    const header = reader.byte();
    const type = header & 0x0f;
    if (type === THRIFT.stop) throw new RangeError('the footer has no schema or no number of rows');
    const delta = header >> 4;
    field = delta === 0 ? reader.integer() : field + delta;
    if (field === FOOTER_FIELD.schema && type === THRIFT.list) {
      const { size } = reader.list();
      for (let index = 0; index < size; index++) elements.push(readElement(reader));
    } else if (field === FOOTER_FIELD.rows && type === THRIFT.i64) {
      rows = reader.integer();
    } else {
      reader.skip(type, 0);
    }
  }
  return { columns: new SchemaTree(elements).root(), rows };
}

export function readElement(reader: ThriftReader): SchemaElement {
  const element: SchemaElement = {
    physical: undefined,
    repeated: false,
    name: '',
    children: 0,
    converted: undefined,
    scale: 0,
    precision: 0,
    logical: undefined,
    utc: false,
    timeUnit: undefined,
    bits: 0,
    signed: true,
  };
  reader.struct((field) => {
    switch (field) {
      case 1:
        element.physical = reader.integer();
        return true;
      case 3:
        element.repeated = reader.integer() === REPEATED;
        return true;
      case 4:
        element.name = reader.text();
        return true;
      case 5:
        element.children = reader.integer();
        return true;
      case 6:
        element.converted = reader.integer();
        return true;
      case 7:
        element.scale = reader.integer();
        return true;
      case 8:
        element.precision = reader.integer();
        return true;
      case 10:
        readLogicalType(reader, element);
        return true;
      default:
        return false;
    }
  });
  return element;
}

function readLogicalType(reader: ThriftReader, element: SchemaElement): void {
  reader.struct((logical, kind) => {
    element.logical = logical;
    if (kind !== THRIFT.struct) return false;
    reader.struct((field, type) => {
      if (logical === LOGICAL.decimal && (field === 1 || field === 2)) {
        const value = reader.integer();
        if (field === 1) element.scale = value;
        else element.precision = value;
        return true;
      }
      if ((logical === LOGICAL.time || logical === LOGICAL.timestamp) && field === 1) {
        element.utc = type === THRIFT.true;
        return true;
      }
      if ((logical === LOGICAL.time || logical === LOGICAL.timestamp) && field === 2) {
        reader.struct((unit) => {
          element.timeUnit = unit;
          return false;
        });
        return true;
      }
      if (logical === LOGICAL.integer && field === 1) {
        element.bits = reader.byte();
        return true;
      }
      if (logical === LOGICAL.integer && field === 2) {
        element.signed = type === THRIFT.true;
        return true;
      }
      return false;
    });
    return true;
  });
}

/** The flattened elements, depth first, back into a tree. */
class SchemaTree {
  readonly #elements: readonly SchemaElement[];
  #next = 0;

  constructor(elements: readonly SchemaElement[]) {
    this.#elements = elements;
  }

  root(): readonly FileColumn[] {
    return this.#children(this.#take(), 0);
  }

  #take(): SchemaElement {
    const element = this.#elements[this.#next];
    if (element === undefined) throw new RangeError('the schema ends early');
    this.#next += 1;
    return element;
  }

  #children(parent: SchemaElement, depth: number): readonly FileColumn[] {
    if (depth > MAX_DEPTH) throw new RangeError('the schema nests too deep');
    const columns: FileColumn[] = [];
    for (let index = 0; index < parent.children; index++) columns.push(this.#column(depth + 1));
    return columns;
  }

  #column(depth: number): FileColumn {
    const element = this.#take();
    const type = this.#type(element, depth);
    // A repeated field outside of a list annotation is a list of its own.
    return { name: element.name, type: element.repeated ? { kind: 'list', element: type } : type };
  }

  #type(element: SchemaElement, depth: number): FileType {
    if (element.children === 0) return scalarType(element);
    if (element.logical === LOGICAL.list || element.converted === CONVERTED_LIST) {
      return { kind: 'list', element: this.#listElement(element, depth) };
    }
    if (
      element.logical === LOGICAL.map ||
      (element.converted !== undefined && CONVERTED_MAP.includes(element.converted))
    ) {
      const entries = this.#take();
      const [key, value] = this.#children(entries, depth);
      if (key !== undefined && value !== undefined) {
        return { kind: 'map', key: key.type, value: value.type };
      }
      throw new RangeError(`the map ${element.name} has no key and value`);
    }
    return { kind: 'struct', fields: this.#children(element, depth) };
  }

  /** The compatibility rules of Parquet's LogicalTypes.md: the repeated group is a wrapper unless it is the element itself. */
  #listElement(list: SchemaElement, depth: number): FileType {
    const repeated = this.#take();
    if (repeated.children === 0) return scalarType(repeated);
    const fields = this.#children(repeated, depth);
    const [only] = fields;
    const wraps =
      fields.length === 1 && repeated.name !== 'array' && repeated.name !== `${list.name}_tuple`;
    return wraps && only !== undefined ? only.type : { kind: 'struct', fields };
  }
}

function scalarType(element: SchemaElement): FileType {
  const { logical, converted } = element;
  if (logical === LOGICAL.decimal || (logical === undefined && converted === CONVERTED_DECIMAL)) {
    return { kind: 'decimal', precision: element.precision, scale: element.scale };
  }
  return { kind: 'scalar', name: scalarName(element) };
}

function scalarName(element: SchemaElement): string {
  const { logical, converted, physical } = element;
  if (logical === LOGICAL.integer) {
    const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[element.bits];
    if (name !== undefined) return element.signed ? name : `U${name}`;
  }
  if (logical === LOGICAL.time) return 'TIME';
  if (logical === LOGICAL.timestamp) return element.utc ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP';
  const named =
    (logical === undefined ? undefined : LOGICAL_SCALAR[logical]) ??
    (converted === undefined ? undefined : CONVERTED[converted]);
  return named ?? PHYSICAL[physical ?? -1] ?? 'UNKNOWN';
}
