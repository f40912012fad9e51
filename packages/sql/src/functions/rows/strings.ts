import type { FunctionEntry } from '../function-entry.ts';

export const stringRows: readonly FunctionEntry[] = [];
