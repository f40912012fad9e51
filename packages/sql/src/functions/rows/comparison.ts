import type { FunctionEntry } from '../function-entry.ts';

export const comparisonRows: readonly FunctionEntry[] = [];
