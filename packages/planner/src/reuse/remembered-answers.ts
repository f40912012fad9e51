import type { EngineChunk, EngineValue } from '@tributary/engine';
import { chunkBytes } from '@tributary/engine';
import { visitPlan } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import type { OpenScans } from '../execute/open-scans.ts';

/** Part of the memory that one answer may take. */
const LARGEST_PART = 1 / 8;
/** What an answer takes besides its values. */
const BYTES_OF_ENTRY = 1_000;

/** A statement over stored cells, as what its rows depend on. */
export interface RememberedKey {
  readonly text: string;
  /** When the newest of the data beside the cells was written. */
  readonly modifiedAt: number | undefined;
}

/**
 * Rows that the engine made of stored cells. Files of cells never change, so the same text over the same files has the same rows: who asks
 * again, and found the same cells to be those of the data, needs no engine. Bounded by bytes, the least recently used go first.
 */
export class RememberedAnswers {
  readonly #answers: LRUCache<string, readonly EngineChunk[]> | undefined;
  readonly #largest: number;

  /** `bytes` 0: nothing is remembered. */
  constructor(bytes: number) {
    this.#largest = bytes * LARGEST_PART;
    this.#answers = bytes < 1 ? undefined : new LRUCache({ maxSize: bytes });
  }

  get(key: RememberedKey): readonly EngineChunk[] | undefined {
    return this.#answers?.get(key.text);
  }

  /** Does nothing for what is too large, or of a type whose size cannot be told. */
  set(key: RememberedKey, chunks: readonly EngineChunk[]): void {
    if (this.#answers === undefined) return;
    let size = BYTES_OF_ENTRY;
    for (const chunk of chunks) {
      const bytes = chunkBytes(chunk);
      if (bytes === undefined) return;
      size += bytes;
      if (size > this.#largest) return;
    }
    this.#answers.set(key.text, chunks, { size });
  }

  get bytes(): number {
    return this.#answers?.calculatedSize ?? 0;
  }
}

/**
 * What the rows of an engine's text depend on; undefined where that cannot be told: where a function gives another value each time, or a
 * source does not tell the version of its data.
 */
export function rememberedKey(
  plan: Plan,
  { text, parameters }: { readonly text: string; readonly parameters: readonly EngineValue[] },
  { relations }: Pick<OpenScans, 'relations'>,
): RememberedKey | undefined {
  if (callsVolatile(plan)) return undefined;
  const values: string[] = [];
  for (const each of parameters) {
    const value = valueText(each);
    if (value === undefined) return undefined;
    values.push(value);
  }
  let modifiedAt: number | undefined;
  const versions: string[] = [];
  for (const relation of relations) {
    const content = relation.content?.();
    if (content === undefined) return undefined;
    versions.push(content.version);
    if (content.modifiedAt !== undefined) {
      modifiedAt = Math.max(modifiedAt ?? 0, content.modifiedAt);
    }
  }
  return { text: hash('sha256', JSON.stringify([text, values, versions])), modifiedAt };
}

function callsVolatile(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, {
    expression(each) {
      found ||= 'entry' in each && each.entry.volatility === 'volatile';
    },
    plan(node) {
      found ||= node.kind === 'remoteQuery';
    },
  });
  return found;
}

/** A bound value so that different ones differ; undefined for values that hold others than plain ones. */
function valueText(value: EngineValue): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return `${typeof value} ${String(value)}`;
    case 'number':
      return `number ${Object.is(value, -0) ? '-0' : value}`;
    default:
      break;
  }
  if (value === null) return 'null';
  if (!('items' in value)) return undefined;
  const items = value.items.map(valueText);
  return items.includes(undefined) ? undefined : JSON.stringify([value.constructor.name, items]);
}
