import { refuse } from './template-parts.ts';

interface NumberFormat {
  /** Groups of integer digit positions between commas, left to right. */
  readonly groups: readonly string[];
  readonly decimals: string | undefined;
  readonly fill: boolean;
}

/** Reads a to_number format of 9, 0, comma and point, with or without FM. Others are refused. */
export function numberFormat(format: string): NumberFormat {
  const match = /^(FM)?([90]+(?:[,G][90]+)*)(?:[.D]([90]+))?$/i.exec(format);
  if (match === null) {
    return refuse(
      `The number format "${format}" is not supported: only 9, 0, comma, point and FM are.`,
    );
  }
  const [, fill, whole = '', decimals] = match;
  return { groups: whole.split(/[,G]/i), decimals, fill: fill !== undefined };
}
