import type { Citation } from '@orchestrator/contracts';
import type { OutputItem, Source } from './schemas.ts';

/** The pages an output item names: results of a search, fetched pages, or the links in a text. */
export function sourcesOf(item: OutputItem): readonly Source[] {
  return [
    ...(item.results ?? []),
    ...(item.contents ?? []),
    ...(item.content ?? []).flatMap((part) => (part.annotations ?? []).filter((note) => note.type === 'url_citation')),
  ];
}

export function toCitations(sources: readonly Source[]): Citation[] {
  return sources.flatMap(({ url, title }) => (url ? [{ url, ...(title ? { title } : {}) }] : []));
}
