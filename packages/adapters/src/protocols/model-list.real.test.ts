import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { testKey } from '../testing/calls.ts';
import { json, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';

let vendor: ScriptedServer;
beforeAll(async () => {
  vendor = await startScriptedServer();
});
afterAll(() => vendor.close());

describe.each(providers.map((provider) => [provider.id, provider] as const))('the health check of %s', (_, provider) => {
  const check = () => provider.createAdapter({ apiKey: testKey, baseUrl: `${vendor.url}/v1` }).healthCheck();

  it('takes a list of models, in whatever form', async () => {
    for (const list of [{ data: [] }, { models: [] }, []]) {
      vendor.answerWith(json(list));
      expect(await check()).toMatchObject({ status: 'healthy' });
    }
    expect(vendor.requests).toMatchObject([{ method: 'GET' }]);
  });

  it('takes no page and no error for one, whatever its status', async () => {
    vendor.answerWith((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'));
    expect(await check()).toMatchObject({ status: 'unhealthy', reason: expect.stringContaining('not a list of models') });
    vendor.answerWith(json({ error: 'Unexpected endpoint or method. Returning 200 anyway' }));
    expect(await check()).toMatchObject({ status: 'unhealthy' });
  });
});
