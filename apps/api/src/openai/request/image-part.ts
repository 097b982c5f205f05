import type { ImagePart } from '@orchestrator/contracts';
import { type ParamPath, refusal } from '../errors/openai-error.ts';

const mediaTypes: Readonly<Record<string, NonNullable<ImagePart['mediaType']>>> = {
  'image/png': 'image/png',
  'image/jpeg': 'image/jpeg',
  'image/jpg': 'image/jpeg',
  'image/gif': 'image/gif',
  'image/webp': 'image/webp',
};

/** No expression looks at the data itself: it can be megabytes. */
const dataUrlHead = /^data:([a-z]+\/[a-z0-9.+-]+)((?:;[a-z0-9-]+=[^;,]*)*);base64$/i;

/**
 * An image of a request. The bytes of a data URL become a part with `data`; other URLs are the vendor's to load.
 * @param path - where the URL stands in the body
 * @throws OpenAiError `invalid_value`
 */
export function toImagePart(url: string, path: ParamPath): ImagePart {
  if (/^https?:\/\//.test(url)) return { type: 'image', url };
  const comma = url.indexOf(',');
  const [, type = ''] = dataUrlHead.exec(url.slice(0, Math.min(comma, 200))) ?? [];
  const mediaType = Object.hasOwn(mediaTypes, type.toLowerCase()) ? mediaTypes[type.toLowerCase()] : undefined;
  if (mediaType === undefined) {
    const message = 'An image must be an http or https URL, or a base64 data URL of a PNG, JPEG, GIF or WebP image.';
    throw refusal('invalid_value', path, message);
  }
  return { type: 'image', data: url.slice(comma + 1), mediaType };
}
