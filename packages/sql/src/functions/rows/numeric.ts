import type { FunctionEntry } from '../function-entry.ts';

export const numericRows: readonly FunctionEntry[] = [];
