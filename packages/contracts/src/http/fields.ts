import { z } from 'zod';

/** US dollars with up to nine decimals. */
export const usdField = z.number();
/** US dollars, where no price may be known. */
export const optionalUsdField = usdField.nullable().describe('US dollars; `null` where no price is known.');
/** ISO 8601. */
export const timeField = z.iso.datetime();
export const durationMsField = z.number().describe('Milliseconds.');
export const countField = z.number().int().min(0);
/** A path on this server. */
export const linkField = z.string().describe('A path on this server.');
export const jobIdField = z.uuid().describe('Id of the job: `GET /api/jobs/{id}` takes it.');

export const providerNameField = z.string().min(1).max(64);
export const modelNameField = z.string().min(1).max(200);
export const userIdField = z.string().min(1).max(200);
export const tagsField = z.array(z.string().min(1).max(64)).max(20).describe('Yours, for lists.');

export const cursorField = z.string().describe('`nextCursor` of the page before.');
/** Of the answer of a listing. */
export const nextCursorField = z.string().describe('`cursor` of the next page; absent on the last one.');

/** Omitted: model calls are streamed where nobody waits for the answer. */
export const liveField = z.boolean().describe('Model calls are streamed, so that readers of the events get tokens.');

/** How many entries a listing answers with at most. */
export function limitField(defaultLimit: number) {
  return z.coerce.number().int().min(1).max(500).default(defaultLimit).describe('Most entries of the answer.');
}
