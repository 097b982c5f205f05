import type { HttpRequest } from '../http/exchange.ts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions } from '../options.ts';

/** A page of a list: where the next one begins, except on the last. */
interface Page {
  readonly nextCursor?: string | undefined;
}

export interface PagedList<ListPage extends Page, Item> {
  readonly path: string;
  readonly query: NonNullable<HttpRequest['query']>;
  readonly itemsOf: (page: ListPage) => readonly Item[];
}

/** The items of a list that comes in pages; the options hold for each request. */
export async function* pagesOf<ListPage extends Page, Item>(
  transport: Transport,
  { path, query, itemsOf }: PagedList<ListPage, Item>,
  options?: CallOptions,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const page: ListPage = await transport.call({ method: 'GET', path, query: { ...query, cursor } }, options);
    yield* itemsOf(page);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
