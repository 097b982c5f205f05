/** What to tell a new user once everything runs. */
export interface Demo {
  readonly url: string;
  /** Absolute path of the example workflow. */
  readonly workflowFile: string;
  /** Ids of the providers that its steps name. */
  readonly workflowProviders: readonly string[];
  /** Ids of the providers that have a key; null when no worker has said so yet. */
  readonly providers: readonly string[] | null;
  readonly logDirectory: string;
  /** Whether the data live in the embedded Postgres. */
  readonly isEmbedded: boolean;
}

/** Quotes a word for a POSIX shell. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function providerLines(providers: readonly string[] | null): string[] {
  if (providers === null) return ['Providers with a key answer; without any, the built-in sandbox does.'];
  if (providers.length === 0) {
    return [
      'No provider has a key, so the built-in sandbox answers: made-up text, marked as such, free of charge.',
      'For real answers put a key such as OPENAI_API_KEY into .env (docs/providers.md lists all ten) and start again.',
    ];
  }
  return [`Real providers answer, and cost money: ${providers.join(', ')}.`];
}

/** A step whose named provider has no key would fail, so the names are left out: then a provider with a key is chosen. */
function leavesChoice({ providers, workflowProviders }: Demo): boolean {
  return providers !== null && providers.length > 0 && !workflowProviders.every((id) => providers.includes(id));
}

/**
 * The text under the progress lines. Its commands work in any POSIX shell, from any directory, without further tools.
 */
export function demoLines(demo: Demo): string[] {
  const { url } = demo;
  const post = `${url}/api/workflows/run -H 'Content-Type: application/json'`;
  const read = leavesChoice(demo) ? `sed '/"provider":/d'` : 'cat';
  const body = `-d "{\\"workflow\\": $(${read} ${shellWord(demo.workflowFile)})}"`;
  return [
    `Ready: ${url}`,
    '',
    ...providerLines(demo.providers),
    '',
    'Paste this into another terminal to run a workflow of two steps and see its answer:',
    '',
    `  curl -sS -w '\\n' ${post} ${body}`,
    '',
    'Or submit it and watch it to its end:',
    '',
    `  job=$(curl -sS ${post} -H 'Prefer: respond-async' ${body} | sed -n 's/.*"runId": *"\\([^"]*\\)".*/\\1/p')`,
    `  until curl -sS ${url}/api/jobs/$job | grep finishedAt; do sleep 1; done`,
    '',
    `Logs are in ${demo.logDirectory}. Ctrl-C stops everything${demo.isEmbedded ? '; your data stays' : ''}.`,
  ];
}
