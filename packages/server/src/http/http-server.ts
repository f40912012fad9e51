import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Whether statements can be answered now; the reason when not. */
  readonly ready: () => { readonly ready: boolean; readonly reason?: string };
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain', 'method not allowed\n');
    return;
  }
  switch (path) {
    case '/healthz':
      send(response, 200, 'text/plain', 'ok\n');
      return;
    case '/readyz': {
      const { ready, reason } = options.ready();
      send(
        response,
        ready ? 200 : 503,
        'text/plain',
        ready ? 'ready\n' : `${reason ?? 'not ready'}\n`,
      );
      return;
    }
    case '/metrics': {
      const { registry } = options.metrics;
      send(response, 200, registry.contentType, await registry.metrics());
      return;
    }
    default:
      send(response, 404, 'text/plain', 'not found: /healthz, /readyz, /metrics\n');
  }
}

/** Serves `/healthz` (the process lives), `/readyz` (it answers statements) and `/metrics` (Prometheus). */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => {
      if (!response.headersSent) {
        send(response, 500, 'text/plain', 'internal error\n');
      } else {
        response.destroy();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
