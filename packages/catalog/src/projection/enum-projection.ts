import { formatDomainValue, hasDomainValues, parseDomainValue } from '@tributary/sql';
import {
  invalidColumnProperty,
  isSafeOwnerText,
  isTextType,
  requiredProperty,
  type ColumnProjection,
  type ColumnProperties,
} from './column-projection.ts';
import { restrictList, type ProjectedValue } from './projected-values.ts';

/** `enum`: the listed values, white space included; each once. Values that cannot stand in a path match no partition. */
export function enumProjection(properties: ColumnProperties): ColumnProjection {
  const { column } = properties;
  if (!hasDomainValues(column.type)) {
    throw invalidColumnProperty(properties, 'type', 'enum does not support the type of the column');
  }
  const values: ProjectedValue[] = [];
  for (const rendered of new Set(requiredProperty(properties, 'values').split(','))) {
    const value = typedText(properties, rendered);
    if (isSafeOwnerText(rendered)) values.push({ value, rendered });
  }
  return {
    column,
    values: (domain) => ({
      considered: BigInt(values.length),
      kept: restrictList(values, column.type, domain),
    }),
  };
}

function typedText(properties: ColumnProperties, rendered: string): string {
  const { type } = properties.column;
  if (isTextType(type)) return rendered;
  const value = parseDomainValue(rendered, type);
  if (value === undefined) {
    throw invalidColumnProperty(
      properties,
      'values',
      `has '${rendered}', which is no value of the column's type`,
    );
  }
  return formatDomainValue(value, type);
}
