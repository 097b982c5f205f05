import type { ReasoningEffort } from '@orchestrator/contracts';
import type { FilteredParameter } from './model-row.ts';

/** What holds for all models of a vendor. */
export interface ParameterRules {
  /** Parameters that a model outside the catalogue is known to reject, by the shape of its id. */
  readonly rejectedByUnknownModel?: (model: string) => readonly FilteredParameter[];
  /** The effort at which alone a model outside the catalogue takes tools, by the shape of its id. */
  readonly toolEffortOfUnknownModel?: (model: string) => ReasoningEffort | undefined;
  /** End of the vendor's temperature scale. @defaultValue 2 */
  readonly maxTemperature?: number;
  /** `false`: the vendor takes images as bytes only, so requests with image URLs are refused. @defaultValue true */
  readonly takesImageUrls?: boolean;
}
