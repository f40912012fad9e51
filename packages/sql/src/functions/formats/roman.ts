/** The letters of one, five and ten at each place. */
const PLACES: readonly (readonly [unit: number, one: string, five: string, ten: string])[] = [
  [1000, 'M', '', ''],
  [100, 'C', 'D', 'M'],
  [10, 'X', 'L', 'C'],
  [1, 'I', 'V', 'X'],
];

function digitsOf(one: string, five: string, ten: string): readonly string[] {
  const upToThree = ['', one, one + one, one + one + one];
  return [...upToThree, one + five, ...upToThree.map((digits) => five + digits), one + ten];
}

/** DuckDB text of a whole number (used several times) in Roman digits; outside of 1 to 3999 fifteen number signs. */
export function romanText(value: string): string {
  const places = PLACES.map(([unit, one, five, ten]) => {
    const list = digitsOf(one, five, ten).map((text) => `'${text}'`);
    return `list_extract([${list.join(', ')}], CAST(${value} // ${unit} % 10 AS INTEGER) + 1)`;
  });
  return `CASE WHEN ${value} BETWEEN 1 AND 3999 THEN ${places.join(' || ')} ELSE '${'#'.repeat(15)}' END`;
}
