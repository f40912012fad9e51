import type { FunctionEntry } from '../function-entry.ts';

export const windowRows: readonly FunctionEntry[] = [];
