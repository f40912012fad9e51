import type { FunctionEntry } from '../function-entry.ts';

export const jsonRows: readonly FunctionEntry[] = [];
