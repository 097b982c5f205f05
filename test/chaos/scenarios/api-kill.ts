import type { Scenario } from '../scenario.ts';
import { lastFor, pollUntil } from '../waiting.ts';
import { submitOnce, submitUntilAccepted } from '../world/client.ts';

const sizes = { full: { kills: 10, requests: 12 }, short: { kills: 2, requests: 8 } } as const;

/**
 * The API dies between the commit of runs and its replies; clients repeat their requests with the same key. Half of them
 * wait for the result, so that their reply is certainly outstanding when the run is committed.
 */
export const apiKill: Scenario = {
  name: 'api-kill',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { kills, requests } = sizes[scale];
    await world.start({ workers: 2, callMs: 400 });
    let committedUnanswered = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      const submissions = Array.from({ length: requests }, (_, index) => ({
        ...world.newSubmission(),
        prefer: index % 2 === 0 ? 'wait=30' : 'respond-async',
      }));
      const firstTries = submissions.map((submission) => submitOnce(world.api.url, submission).catch(() => null));
      const runsByKey = async () => {
        const rows = await world.database.query<{ key: string; id: string }>(
          'select idempotency_key as key, id from ai_workflow_runs where idempotency_key = any ($1)',
          [submissions.map((submission) => submission.key)],
        );
        return new Map(rows.map((row) => [row.key, row.id]));
      };
      await pollUntil(async () => ((await runsByKey()).size > 0 ? true : undefined), {
        what: 'a run is committed',
        intervalMs: 1,
      });
      await lastFor(world.random.between(0, 20));
      await world.api.kill();
      world.record.faults += 1;
      const answers = await Promise.all(firstTries);
      const committed = await runsByKey();
      committedUnanswered += submissions.filter((submission, index) => {
        return committed.has(submission.key) && answers[index]?.runId === undefined;
      }).length;

      await world.api.start();
      for (const [index, submission] of submissions.entries()) {
        const runId = answers[index]?.runId;
        if (runId !== undefined) world.record.accepted.push({ key: submission.key, runId, tookMs: 0 });
      }
      const retried = await Promise.all(submissions.map(({ key, body }) => submitUntilAccepted(world.api.url, { key, body })));
      world.record.accepted.push(...retried);
      for (const { key, runId } of retried) {
        const before = committed.get(key);
        world.expect(before === undefined || before === runId, `key ${key}: run ${before} before the kill, ${runId} after`);
      }
      world.progress(`kill ${kill} of ${kills}`);
    }
    world.record.notes.push(`committed without a reply: ${committedUnanswered} of ${kills * requests} requests`);
    world.expect(committedUnanswered >= kills, 'the API did not die between commit and reply often enough');
    await world.untilAllEnded(60_000);
    const [runs] = await world.database.query<{ count: number }>('select count(*)::int as count from ai_workflow_runs');
    world.expect(runs?.count === kills * requests, `${kills * requests} requests became ${runs?.count} runs`);
  },
};
