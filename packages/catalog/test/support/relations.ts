import { DATE, INT4, TEXT } from '@tributary/sql';
import type { NewTable, NewView } from '../../src/catalog-store.ts';

/** The table of `newTable`. */
export const NAME = { database: 'lake', schema: 'sales', name: 'events' };

/** A table lake.sales.events. */
export function newTable(change: Partial<NewTable> = {}): NewTable {
  return {
    kind: 'table',
    ...NAME,
    source: 'lake',
    columns: [
      {
        name: 'Amount',
        type: {
          kind: 'scalar',
          name: 'numeric',
          typmod: 786438,
          digits: { precision: 12, scale: 2 },
        },
      },
    ],
    partitionColumns: [
      { name: 'dt', type: DATE, hiveType: 'date', comment: 'day' },
      { name: 'app', type: INT4 },
      { name: 'kind', type: TEXT },
    ],
    storage: { format: 'csv', delimiter: '\u0001' },
    location: 's3://bucket/events/',
    properties: { 'a.b': 'c' },
    ...change,
  };
}

/** A view lake.sales.totals. */
export function newView(change: Partial<NewView> = {}): NewView {
  return {
    kind: 'view',
    database: 'lake',
    schema: 'sales',
    name: 'totals',
    columns: [{ name: 'x', type: INT4 }],
    text: 'select 1 as x',
    searchPath: ['public'],
    ...change,
  };
}
