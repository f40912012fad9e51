const ENDINGS = ['st', 'nd', 'rd', 'th'];

function ending(index: number, upper: boolean): string {
  const text = ENDINGS[index] ?? '';
  return `'${upper ? text.toUpperCase() : text}'`;
}

/** DuckDB text of the ending that makes a number's digits an ordinal: 1st, 2nd, 3rd, 11th. `text` is used several times. */
export function ordinalOfText(text: string, upper: boolean): string {
  const last = `right(${text}, 1)`;
  return (
    `CASE WHEN strlen(${text}) > 1 AND left(right(${text}, 2), 1) = '1' THEN ${ending(3, upper)} ` +
    `WHEN ${last} = '1' THEN ${ending(0, upper)} WHEN ${last} = '2' THEN ${ending(1, upper)} WHEN ${last} = '3' THEN ${ending(2, upper)} ELSE ${ending(3, upper)} END`
  );
}
