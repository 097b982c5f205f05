/** How to go on watching a run. */
export function resumeHintOf(jobId: string, lastEventId?: string): string {
  const from = lastEventId === undefined ? '' : ` --from ${lastEventId}`;
  return `The run goes on. Watch it again: orchestrator logs ${jobId} --follow${from}\nEnd it: orchestrator runs cancel ${jobId}`;
}
