/** A template that can't be rendered: a missing path, a wrong type, or a spent budget. Becomes `Step.TemplateError`. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
