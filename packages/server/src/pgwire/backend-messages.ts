import type { TransactionState } from '@tributary/planner';
import type { Format } from './codes.ts';
import { BACKEND, PROTOCOL_3_0 } from './codes.ts';
import type { Writer } from './writer.ts';

const AUTHENTICATION = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

const STATUS: Readonly<Record<TransactionState, number>> = {
  idle: 0x49,
  transaction: 0x54,
  failed: 0x45,
};

/** A message without fields. */
export function writeEmpty(out: Writer, type: number): void {
  out.end(out.begin(type));
}

export function writeReady(out: Writer, transaction: TransactionState): void {
  const start = out.begin(BACKEND.readyForQuery);
  out.byte(STATUS[transaction]).end(start);
}

export function writeCommandComplete(out: Writer, tag: string): void {
  const start = out.begin(BACKEND.commandComplete);
  out.cstring(tag).end(start);
}

/** `format`: 0 for lines, 1 for COPY's binary format. */
export function writeCopyOut(out: Writer, format: Format, columns: number): void {
  const start = out.begin(BACKEND.copyOutResponse);
  out.byte(format).int16(columns);
  for (let index = 0; index < columns; index++) out.int16(format);
  out.end(start);
}

export function writeParameterStatus(out: Writer, name: string, value: string): void {
  const start = out.begin(BACKEND.parameterStatus);
  out.cstring(name).cstring(value).end(start);
}

export function writeBackendKey(out: Writer, processId: number, secret: Buffer): void {
  const start = out.begin(BACKEND.backendKeyData);
  out.int32(processId).bytes(secret).end(start);
}

export function writeNegotiateVersion(out: Writer, unsupported: readonly string[]): void {
  const start = out.begin(BACKEND.negotiateProtocolVersion);
  out.int32(PROTOCOL_3_0).int32(unsupported.length);
  for (const name of unsupported) out.cstring(name);
  out.end(start);
}

export function writeAuthenticationOk(out: Writer): void {
  const start = out.begin(BACKEND.authentication);
  out.int32(AUTHENTICATION.ok).end(start);
}

export function writeSaslMechanisms(out: Writer, mechanisms: readonly string[]): void {
  const start = out.begin(BACKEND.authentication);
  out.int32(AUTHENTICATION.sasl);
  for (const name of mechanisms) out.cstring(name);
  out.byte(0).end(start);
}

export function writeSaslContinue(out: Writer, data: string): void {
  const start = out.begin(BACKEND.authentication);
  out.int32(AUTHENTICATION.saslContinue).text(data).end(start);
}

export function writeSaslFinal(out: Writer, data: string): void {
  const start = out.begin(BACKEND.authentication);
  out.int32(AUTHENTICATION.saslFinal).text(data).end(start);
}
