import { z } from 'zod';

/**
 * A workflow definition where it is carried and not looked into: `workflowDefinitionSchema` and the rules behind it belong to
 * whoever executes it. Descriptions of the interface put its JSON Schema in this place.
 */
export const workflowDocumentSchema = z
  .looseObject({})
  .meta({ id: 'WorkflowDefinition', description: 'A workflow, see docs/dsl.md.' });

/** The same where name and version may stand beside it. */
export const unnamedWorkflowDocumentSchema = z.looseObject({}).meta({
  id: 'UnnamedWorkflowDefinition',
  description: 'A workflow whose name may be left out where it stands beside it.',
});
