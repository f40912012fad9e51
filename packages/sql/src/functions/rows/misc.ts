import type { FunctionEntry } from '../function-entry.ts';

export const miscRows: readonly FunctionEntry[] = [];
