import type { FunctionEntry } from '../function-entry.ts';

export const formattingRows: readonly FunctionEntry[] = [];
