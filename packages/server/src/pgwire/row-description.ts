import type { PlanColumn, SqlType } from '@tributary/sql';
import { typeInfo } from '@tributary/sql';
import type { Format } from './codes.ts';
import { BACKEND } from './codes.ts';
import type { Writer } from './writer.ts';

/** RowDescription. Columns of results have no table or attribute number: they come from a plan. */
export function writeRowDescription(
  out: Writer,
  columns: readonly PlanColumn[],
  formats: readonly Format[],
): void {
  const start = out.begin(BACKEND.rowDescription);
  out.int16(columns.length);
  for (const [index, { name, type, catalogType }] of columns.entries()) {
    const { oid, length } = catalogType ?? typeInfo(type);
    out
      .cstring(name)
      .int32(0)
      .int16(0)
      .int32(oid)
      .int16(length)
      .int32(type.kind === 'scalar' ? type.typmod : -1)
      .int16(formats[index] ?? 0);
  }
  out.end(start);
}

export function writeParameterDescription(out: Writer, parameters: readonly SqlType[]): void {
  const start = out.begin(BACKEND.parameterDescription);
  out.int16(parameters.length);
  for (const type of parameters) out.int32(typeInfo(type).oid);
  out.end(start);
}
