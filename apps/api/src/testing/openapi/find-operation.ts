/** What is used of an OpenAPI document. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, ResponseObject>>;
  };
}

interface Content {
  readonly [mediaType: string]: { readonly schema: object };
}

export interface ResponseObject {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

export type Found =
  | { readonly type: 'operation'; readonly operation: Operation }
  | { readonly type: 'other-method' }
  | { readonly type: 'other-path' };

/** The one parameter that may hold slashes: the vendors' names of models do. */
const slashedTemplate = '/v1/models/{model}';

function matches(template: string, path: string): boolean {
  const parts = template.split('/');
  const given = path.split('/');
  if (template === slashedTemplate && given.length > parts.length) given.splice(parts.length);
  return parts.length === given.length && parts.every((part, index) => part.startsWith('{') || part === given[index]);
}

/** The operation that a request is for. Paths without parameters go first. */
export function findOperation(document: OpenApiDocument, method: string, url: string): Found {
  const [path = ''] = url.split('?');
  const templates = Object.keys(document.paths).filter((template) => matches(template, path.replace(/(?<=.)\/$/, '')));
  const [template] = templates.sort((left, right) => left.split('{').length - right.split('{').length);
  if (template === undefined) return { type: 'other-path' };
  const operation = document.paths[template]?.[method.toLowerCase().replace('head', 'get')];
  return operation === undefined ? { type: 'other-method' } : { type: 'operation', operation };
}
