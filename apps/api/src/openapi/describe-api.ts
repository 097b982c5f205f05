import { readFileSync } from 'node:fs';
import type { JsonObject } from '@orchestrator/contracts';
import type { Route } from '../http/route.ts';
import { createOpenApiDocument } from './document.ts';

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

/** The OpenAPI document of this version of the API. */
export function describeApi(routes: readonly Route[]): JsonObject {
  return createOpenApiDocument(routes, readVersion());
}
