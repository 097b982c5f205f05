import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** A program of this folder as one file for browsers, built from source. */
export async function bundleForBrowser(entry: string): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL(entry, import.meta.url)),
    platform: 'browser',
    resolve: { conditionNames: ['@orchestrator/source', 'import', 'browser', 'default'] },
  });
  try {
    const { output } = await build.generate({ format: 'esm', minify: true });
    return output[0].code;
  } finally {
    await build.close();
  }
}
