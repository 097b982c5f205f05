import { chat } from './chat.ts';
import { cohere } from './cohere.ts';
import { gemini } from './gemini.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import type { WireFormat } from './wire-format.ts';

const formats: readonly WireFormat[] = [chat, messages, gemini, responses, cohere];

/** The format that is spoken at a path; undefined for paths that are no model call. */
export function formatAt(path: string): WireFormat | undefined {
  return formats.find((format) => format.path.test(path));
}
