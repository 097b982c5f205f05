import { expect, it } from 'vitest';
import { startApi, type TestApi } from '../testing/start-api.ts';

async function load(test: TestApi, path: string) {
  const response = await fetch(`${test.url}${path}`);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

it('serves a page that gets everything from here', async () => {
  await using test = await startApi();
  const page = await load(test, '/docs');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);

  const links = [...page.text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link);
  expect(links).toContain('/docs/swagger-ui-bundle.js');
  for (const link of links) {
    const file = await load(test, link);
    expect(file.status, link).toBe(200);
    expect(file.headers.get('etag'), link).toMatch(/^"/);
  }
});

it('keeps the policy of other routes', async () => {
  await using test = await startApi();
  expect((await load(test, '/livez')).headers.get('content-security-policy')).toContain("default-src 'self'");
});

it.each(['index.js', 'package.json', '..%2f..%2fpackage.json', 'toString', 'page.css/x'])('has no file %s', async (name) => {
  await using test = await startApi();
  expect(await load(test, `/docs/${name}`)).toMatchObject({ status: 404, text: expect.stringContaining('not-found') });
});
