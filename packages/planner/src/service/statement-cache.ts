import type { SelectStmt } from '@pgsql/types';
import type { CatalogSnapshot } from '@tributary/catalog';
import { parseStatements } from '@tributary/sql';
import type { Statement } from '@tributary/sql';
import { LRUCache } from 'lru-cache';
import type { BoundSelect } from '../bind/bind-context.ts';

/** Characters of all texts that are remembered, and of the longest one. A tree with its plan takes some 50 times its text's bytes. */
const CHARACTERS = 500_000;
const LONGEST_TEXT = 8_000;
/** Of one text: users and settings that it is bound for. */
const BINDINGS = 16;

interface Bindings {
  readonly snapshot: CatalogSnapshot;
  readonly byKey: Map<string, BoundSelect>;
}

/**
 * Statements as they were parsed and bound before: tools send the same texts again and again. Trees and plans are never changed,
 * so that sessions share them. What was bound goes with its tree, and when the catalog has moved on.
 */
export class StatementCache {
  readonly #parsed = new LRUCache<string, readonly Statement[]>({
    maxSize: CHARACTERS,
    maxEntrySize: LONGEST_TEXT,
    sizeCalculation: (_, text) => text.length + 1,
  });
  readonly #bound = new WeakMap<SelectStmt, Bindings>();

  /** Throws what `parseStatements` throws. */
  async parse(text: string): Promise<readonly Statement[]> {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const statements = await parseStatements(text);
    this.#parsed.set(text, statements);
    return statements;
  }

  /** `key` holds everything that the meaning of the tree depends on besides the catalog and the clock. */
  bound(
    tree: SelectStmt,
    snapshot: CatalogSnapshot,
    key: string,
    bind: () => { readonly select: BoundSelect; readonly readsClock: boolean },
  ): BoundSelect {
    const before = this.#bound.get(tree);
    const bindings: Bindings =
      before?.snapshot === snapshot ? before : { snapshot, byKey: new Map<string, BoundSelect>() };
    const known = bindings.byKey.get(key);
    if (known !== undefined) return known;
    const { select, readsClock } = bind();
    if (!readsClock) {
      if (bindings.byKey.size >= BINDINGS) bindings.byKey.clear();
      bindings.byKey.set(key, select);
      this.#bound.set(tree, bindings);
    }
    return select;
  }
}
