import { isTerminalRunStatus, type RunStatus } from '@orchestrator/contracts';

/** Whether waiting longer is of no use to a caller: the run is finished, or somebody has to decide first. */
export function isAnswerable(status: RunStatus): boolean {
  return isTerminalRunStatus(status) || status === 'waiting_approval';
}
