import type { ToolCall } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { UnusableAnswer } from '../../failure/failure.ts';
import { createAnswerReader, type Piece } from './answer-reader.ts';

function textOf(pieces: readonly Piece[], type: 'text' | 'reasoning'): string {
  return pieces.map((piece) => (piece.type === type ? piece.text : '')).join('');
}

/** @throws UnusableAnswer when the body is no answer */
export function fromContent(body: unknown, call: Pick<PreparedCall, 'messages'>): VendorAnswer {
  const reader = createAnswerReader(call);
  const pieces = reader.read(body);
  const end = reader.end();
  if (end === null) throw new UnusableAnswer('It answered without any content.');
  const reasoning = textOf(pieces, 'reasoning');
  const toolCalls = pieces.flatMap((piece): ToolCall[] =>
    piece.type === 'tool-call' ? [{ id: piece.id ?? '', name: piece.name ?? '', arguments: piece.argumentsDelta }] : [],
  );
  return {
    ...end,
    content: textOf(pieces, 'text'),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
}
