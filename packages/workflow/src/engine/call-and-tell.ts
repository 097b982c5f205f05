import type { ModelPart, ModelPlan, ModelResult } from '@orchestrator/contracts';
import type { CallModelOptions, CallTelemetry, LeaseTelemetry, Models } from '../ports.ts';

/** The same options, whose first piece is told. */
function tellingFirst(options: CallModelOptions, told: CallTelemetry): CallModelOptions {
  const { onPart } = options;
  if (onPart === undefined) return options;
  let isFirst = true;
  return {
    ...options,
    onPart(part: ModelPart) {
      if (isFirst) told.firstToken();
      isFirst = false;
      onPart(part);
    },
  };
}

/**
 * Makes a model call and tells whoever listens how it goes.
 * @throws ModelCallError
 */
export async function callAndTell(
  ports: { readonly models: Models; readonly leaseTelemetry?: LeaseTelemetry },
  call: { readonly path: string; readonly attempt: number; readonly plan: ModelPlan },
  options: CallModelOptions,
): Promise<ModelResult> {
  const told = ports.leaseTelemetry?.callStarted({ ...call, isStreamed: options.onPart !== undefined });
  if (told === undefined) return await ports.models.call(call.plan, options);
  try {
    const result = await ports.models.call(call.plan, tellingFirst(options, told));
    told.succeeded(result);
    return result;
  } catch (error) {
    told.failed(error);
    throw error;
  }
}
