import { join } from 'node:path';
import { readStore } from '../store/store-errors.ts';
import { decodeCell } from './index-rows.ts';
import type { ListedCell } from './reuse-store.ts';
import type { StoreContext } from './store-context.ts';
import { decodeText } from './stored-text.ts';

const PAGE = 500;

/** `ReuseStore.list`: in pages, so that a long list holds neither memory nor the database. */
export async function* listCells({ index, folder }: StoreContext): AsyncGenerator<ListedCell> {
  for (let after = -1; ;) {
    const last = after;
    const rows = await readStore(() =>
      index.reading
        .selectFrom('tributary_reuse_cell as cell')
        .innerJoin('tributary_reuse_shape as shape', (on) =>
          on.onRef('shape.owner', '=', 'cell.owner').onRef('shape.id', '=', 'cell.shape'),
        )
        .innerJoin('tributary_reuse_base as base', (on) =>
          on.onRef('base.owner', '=', 'shape.owner').onRef('base.id', '=', 'shape.base'),
        )
        .selectAll('cell')
        .select(['shape.text as shape_text', 'base.table_name as table_name'])
        .where('cell.owner', '=', index.owner)
        .where('cell.id', '>', last)
        .orderBy('cell.id')
        .limit(PAGE)
        .execute(),
    );
    for (const row of rows) {
      const cell = decodeCell(row, Number(row.shape));
      index.renew(cell);
      after = cell.id;
      const file = index.files.get(cell.file);
      if (file !== undefined)
        yield {
          ...cell,
          tableName: decodeText(row.table_name),
          shapeText: decodeText(row.shape_text),
          path: join(folder, file.name),
          fileBytes: file.identity.bytes,
          createdAt: file.createdAt,
          lastUsedAt: file.usedAt,
          quarantined: row.quarantined !== 0,
        };
    }
    if (rows.length < PAGE) return;
  }
}
