import { type ActionName, stepSchema } from '@orchestrator/contracts';

/** The actions that this version executes. */
export const actionNames: readonly ActionName[] = stepSchema.options.map((option) => option.shape.action.value);
