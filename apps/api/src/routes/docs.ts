import { AppError } from '@orchestrator/contracts';
import { z } from 'zod';
import { createDocsFiles, isDocsFile } from '../docs-page/files.ts';
import { cachingRequestHeaders, cachingResponseHeaders } from '../http/documented-headers.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { answerStatic } from '../http/static-content.ts';

/** The page gets what it needs from here and nothing from elsewhere; no code comes out of strings. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const doc: RouteDoc = {
  operationId: 'showDocs',
  summary: 'Show this document as a page',
  tag: 'server',
  headers: cachingRequestHeaders,
  responses: {
    200: { description: 'The page.', schema: z.string(), contentType: 'text/html', headers: cachingResponseHeaders },
    304: { description: 'It has not changed.', headers: cachingResponseHeaders },
  },
};

/** The page with the documentation of the API, and its files. */
export function docsRoutes(): Route[] {
  const read = createDocsFiles();
  return [
    {
      doc,
      method: 'GET',
      path: '/docs',
      handle: (call) => answerStatic(call, read('index.html'), { 'Content-Security-Policy': contentSecurityPolicy }),
    },
    {
      doc: null,
      method: 'GET',
      path: '/docs/:file',
      handle(call) {
        const name = call.param('file');
        if (!isDocsFile(name)) throw new AppError('not-found', 'There is no such path.');
        return answerStatic(call, read(name));
      },
    },
  ];
}
