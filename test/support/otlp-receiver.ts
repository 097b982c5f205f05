import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type AttributeValue = string | number | boolean | readonly AttributeValue[];

/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer' | 'unspecified';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly isError: boolean;
  readonly statusMessage: string | undefined;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

/** One export as it came. */
export interface ReceivedExport {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly path: string;
  /** Decompressed. */
  readonly body: Buffer;
}

/** A collector on the loopback interface that takes OTLP traces over HTTP; it decodes those in JSON. */
export interface OtlpReceiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  spans(): readonly ReceivedSpan[];
  exports(): readonly ReceivedExport[];
  /** @param status - what exports are answered from now on */
  setStatus(status: number): void;
  close(): Promise<void>;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const errorCode = 2;

function readValue({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue): AttributeValue {
  if (stringValue !== undefined) return stringValue;
  if (boolValue !== undefined) return boolValue;
  if (intValue !== undefined) return Number(intValue);
  if (doubleValue !== undefined) return doubleValue;
  return (arrayValue?.values ?? []).map(readValue);
}

function attributesOf(pairs: readonly KeyValue[] | undefined): Record<string, AttributeValue> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, readValue(value)]));
}

function spanOf(span: WireSpan, resource: Readonly<Record<string, AttributeValue>>): ReceivedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    traceState: span.traceState || undefined,
    name: span.name,
    kind: kinds[span.kind] ?? 'unspecified',
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    isError: span.status?.code === errorCode,
    statusMessage: span.status?.message,
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    resource,
  };
}

function decode(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as WireTraces;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const attributes = attributesOf(resource?.attributes);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, attributes)));
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const received: ReceivedExport[] = [];
  const spans: ReceivedSpan[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    received.push({ headers: request.headers, path: request.url ?? '', body });
    if (status === 200 && request.headers['content-type'] === 'application/json') spans.push(...decode(body));
    response.writeHead(status, { 'content-type': request.headers['content-type'] ?? 'application/json' });
    response.end(request.headers['content-type'] === 'application/json' ? '{}' : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => spans,
    exports: () => received,
    setStatus(next) {
      status = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
