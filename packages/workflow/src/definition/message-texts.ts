import { type DocumentPath, fieldsOf } from './document.ts';

/** A text in the `messages` of a generate step's input, with its path below that input. */
export interface MessageText {
  /** Position in `messages`. */
  readonly message: number;
  /** Position in the message's content; null when the content is one text. */
  readonly part: number | null;
  readonly path: DocumentPath;
  readonly text: string;
}

/** The texts that people write, wherever they look like some: contents and text parts. The document may be anything. */
export function messageTexts(messages: unknown): readonly MessageText[] {
  if (!Array.isArray(messages)) return [];
  return messages.flatMap((item: unknown, message): readonly MessageText[] => {
    const { content } = fieldsOf(item);
    const path: DocumentPath = ['messages', message, 'content'];
    if (typeof content === 'string') return [{ message, part: null, path, text: content }];
    if (!Array.isArray(content)) return [];
    return content.flatMap((piece: unknown, part): readonly MessageText[] => {
      const { type, text } = fieldsOf(piece);
      return type === 'text' && typeof text === 'string' ? [{ message, part, path: [...path, part, 'text'], text }] : [];
    });
  });
}
