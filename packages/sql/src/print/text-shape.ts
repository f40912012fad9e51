/** Offset just after the quoted string or name that starts at `start`. */
function skipQuoted(text: string, start: number): number {
  const quote = text[start];
  let index = start + 1;
  while (index < text.length) {
    if (text[index] === quote) {
      if (text[index + 1] !== quote) return index + 1;
      index += 1;
    }
    index += 1;
  }
  return text.length;
}

/** Calls `visit` for each character outside quotes with the bracket depth before it; stops when it answers true. */
export function scanOutsideQuotes(
  text: string,
  start: number,
  end: number,
  visit: (character: string, index: number, depth: number) => boolean,
): void {
  let depth = 0;
  for (let index = start; index < end;) {
    const character = text[index] ?? '';
    if (character === "'" || character === '"') {
      index = skipQuoted(text, index);
      continue;
    }
    if (character === ')' || character === ']' || character === '}') depth -= 1;
    if (visit(character, index, depth)) return;
    if (character === '(' || character === '[' || character === '{') depth += 1;
    index += 1;
  }
}

/** Offset of the bracket that closes the one at `open`, or -1. */
function closingBracket(text: string, open: number, end: number): number {
  let found = -1;
  scanOutsideQuotes(text, open, end, (character, index, depth) => {
    if (index === open || depth !== 0 || !')]}'.includes(character)) return false;
    found = index;
    return true;
  });
  return found;
}

/** Whether the text reads as one operand wherever it is put: a name, a literal, a call, or something in brackets. */
export function isOperand(text: string): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_.]*$/.test(text) || /^[0-9]+$/.test(text)) return true;
  if (text.startsWith("'")) return skipQuoted(text, 0) === text.length;
  const call = /^(?:[A-Za-z_][A-Za-z0-9_.]*)?[([]/.exec(text);
  return call !== null && closingBracket(text, call[0].length - 1, text.length) === text.length - 1;
}

/** The text in parentheses unless it is an operand already. */
export function protect(text: string): string {
  return isOperand(text) ? text : `(${text})`;
}

/** What goes into and behind an aggregate or window call. */
export interface CallParts {
  readonly distinct: boolean;
  /** `ORDER BY ...`, inside the call. */
  readonly order: string;
  /** ` FILTER (..) OVER (..)`, after the call. */
  readonly suffix: string;
}

const OVER = '{over}';

/**
 * Puts DISTINCT, ORDER BY, FILTER and OVER at each call that a template names with `{over}`, or else at the call that is the text,
 * casts around it aside. Answers undefined where there is no such call.
 */
export function placeCallParts(text: string, parts: CallParts): string | undefined {
  const plain = !parts.distinct && parts.order === '' && parts.suffix === '';
  let marked = markedEnd(text);
  if (marked === -1) return plain ? text : placeAt(text, callEnd(text), parts);
  let placed: string | undefined = text;
  while (placed !== undefined && marked !== -1) {
    const unmarked: string = placed.slice(0, marked) + placed.slice(marked + OVER.length);
    placed = plain ? unmarked : placeAt(unmarked, marked, parts);
    marked = placed === undefined ? -1 : markedEnd(placed);
  }
  return placed;
}

/** Completes the call whose closing parenthesis ends at `end`. */
function placeAt(text: string, end: number, parts: CallParts): string | undefined {
  const open = openingOf(text, end);
  if (open === -1) return undefined;
  const inside = text.slice(open + 1, end - 1);
  const order = parts.order === '' ? '' : ` ${parts.order}`;
  const call = `${text.slice(0, open + 1)}${parts.distinct ? 'DISTINCT ' : ''}${inside}${order})`;
  return call + parts.suffix + text.slice(end);
}

/** Offset of the first `{over}`, or -1. */
function markedEnd(text: string): number {
  let found = -1;
  scanOutsideQuotes(text, 0, text.length, (character, index) => {
    if (character !== '{' || !text.startsWith(OVER, index)) return false;
    found = index;
    return true;
  });
  return found;
}

/** End of the call inside `CAST(call AS type)` and parentheses, nested as they may be. */
function callEnd(text: string): number {
  let start = 0;
  let end = text.length;
  for (;;) {
    const head = text.startsWith('CAST(', start) ? 5 : text.startsWith('(', start) ? 1 : 0;
    if (head === 0 || closingBracket(text, start + head - 1, end) !== end - 1) return end;
    let as = -1;
    if (head === 5) {
      scanOutsideQuotes(text, start + head, end - 1, (_, index, depth) => {
        if (depth === 0 && text.startsWith(' AS ', index)) as = index;
        return false;
      });
    }
    start += head;
    end = as === -1 ? end - 1 : as;
  }
}

/** Offset of the parenthesis that the one at `end - 1` closes. */
function openingOf(text: string, end: number): number {
  const open: number[] = [];
  let found = -1;
  scanOutsideQuotes(text, 0, end, (character, index) => {
    if ('([{'.includes(character)) open.push(index);
    if (')]}'.includes(character)) {
      const opened = open.pop();
      if (index === end - 1 && character === ')' && opened !== undefined) found = opened;
    }
    return false;
  });
  return found;
}
