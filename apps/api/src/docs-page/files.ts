import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createStaticContent, type StaticContent } from '../http/static-content.ts';

const css = 'text/css; charset=utf-8';
const javaScript = 'text/javascript; charset=utf-8';

const own = (name: string) => fileURLToPath(new URL(`../../docs-page/${name}`, import.meta.url));
const swaggerUi = (name: string) => createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`);

/** Where each file of the page is, and what it is. No request can name any other. */
const sources = {
  'index.html': { locate: own, contentType: 'text/html; charset=utf-8' },
  'page.css': { locate: own, contentType: css },
  'page.js': { locate: own, contentType: javaScript },
  'swagger-ui.css': { locate: swaggerUi, contentType: css },
  'swagger-ui-bundle.js': { locate: swaggerUi, contentType: javaScript },
  'favicon-32x32.png': { locate: swaggerUi, contentType: 'image/png' },
} as const;
export type DocsFile = keyof typeof sources;

export function isDocsFile(name: string): name is DocsFile {
  return Object.hasOwn(sources, name);
}

/** The files of the page, each read when it is first asked for: 2 MB that most processes never need. */
export function createDocsFiles(): (name: DocsFile) => StaticContent {
  const known = new Map<DocsFile, StaticContent>();
  return (name) => {
    const { locate, contentType } = sources[name];
    const content = known.get(name) ?? createStaticContent(readFileSync(locate(name)), contentType);
    known.set(name, content);
    return content;
  };
}
