import { createHash } from 'node:crypto';

export const sandboxLabel = '[sandbox]';

const openings = [
  'Here is what a model could say to',
  'A short sample answer to',
  'This paragraph stands in for a real answer to',
  'Imagine a thoughtful reply to',
];
const bodies = [
  'It would begin with the main point, give two or three facts that carry it, and end with what to do next.',
  'It would name the question behind the question, weigh the common views, and settle on one with a reason.',
  'It would start from an everyday example, build up to the general idea, and close with one thing to remember.',
  'It would sort the topic into what is known, what is likely and what is open, each with one example.',
];

function pick(choices: readonly string[], byte: number | undefined): string {
  return choices[(byte ?? 0) % choices.length] ?? '';
}

/** The first words of the prompt, without labels that an earlier sandbox answer left in it. */
function firstWords(prompt: string): string {
  const words = prompt.replaceAll(sandboxLabel, ' ').split(/\s+/).filter(Boolean);
  const quoted = words.slice(0, 12).join(' ').slice(0, 120);
  return quoted.length < words.join(' ').length ? `${quoted} …` : quoted;
}

/** The same request always gets the same paragraph. */
export function sandboxReply(request: { readonly prompt: string; readonly systemPrompt?: string | undefined }): string {
  const digest = createHash('sha256')
    .update(`${request.systemPrompt ?? ''}\u0000${request.prompt}`)
    .digest();
  return (
    `${sandboxLabel} ${pick(openings, digest[0])} “${firstWords(request.prompt)}”. ${pick(bodies, digest[1])} ` +
    'Set a provider key to get a real one.'
  );
}
