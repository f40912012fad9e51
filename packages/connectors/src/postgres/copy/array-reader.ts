import type { ColumnBuffer } from '@tributary/engine';
import type { ReceivedBytes, ValueReader } from './value-reader.ts';
import { UnreadableValue } from './value-reader.ts';

const NULL_ITEM = -1;

/**
 * An array in PostgreSQL's binary format (dimensions, a NULL flag, the item type, each dimension's length and lower bound, then
 * items with their lengths). The engine's lists have one dimension and begin at 1: others are refused rather than flattened.
 */
export function readArray(
  source: ReceivedBytes,
  at: number,
  column: ColumnBuffer,
  row: number,
  readItem: ValueReader,
): void {
  const { items } = column;
  const dimensions = source.view.getInt32(at);
  if (items === undefined || dimensions === 0) {
    column.setList(row, 0);
    return;
  }
  if (dimensions > 1) {
    throw new UnreadableValue(
      `an array of ${dimensions} dimensions`,
      'has more than one dimension: cast it to text in a view of the source',
    );
  }
  const count = source.view.getInt32(at + 12);
  const lower = source.view.getInt32(at + 16);
  if (lower !== 1) {
    throw new UnreadableValue(
      `an array whose first item is number ${lower}`,
      'does not begin at 1: cast it to text in a view of the source',
    );
  }
  const first = column.setList(row, count);
  let place = at + 20;
  for (let index = 0; index < count; index++) {
    const length = source.view.getInt32(place);
    place += 4;
    if (length === NULL_ITEM) {
      items.setNull(first + index);
    } else {
      readItem(source, place, length, items, first + index);
      place += length;
    }
  }
}
