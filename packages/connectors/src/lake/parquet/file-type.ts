/** The type of a column as a file stores it. `name` is DuckDB's type name. */
export type FileType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly element: FileType }
  | { readonly kind: 'map'; readonly key: FileType; readonly value: FileType }
  | { readonly kind: 'struct'; readonly fields: readonly FileColumn[] };

export interface FileColumn {
  readonly name: string;
  readonly type: FileType;
}

/** As people read it in messages: `DECIMAL(9,2)`, `STRUCT(a INTEGER)[]`. */
export function formatFileType(type: FileType): string {
  switch (type.kind) {
    case 'scalar':
      return type.name;
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'list':
      return `${formatFileType(type.element)}[]`;
    case 'map':
      return `MAP(${formatFileType(type.key)}, ${formatFileType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map(({ name, type: field }) => `${name} ${formatFileType(field)}`).join(', ')})`;
  }
}
