import { describe, expect, it } from 'vitest';
import { jobEventsQuerySchema, liveEventTypes } from './live-event.ts';

describe('the query of a stream', () => {
  it('takes types in one list or several', () => {
    const types = (value: unknown) => jobEventsQuerySchema.parse({ types: value }).types;
    expect(types('token')).toEqual(['token']);
    expect(types('token, restart')).toEqual(['token', 'restart']);
    expect(types(['token,restart', 'run-started'])).toEqual(['token', 'restart', 'run-started']);
    expect(types(liveEventTypes.join())).toEqual(liveEventTypes);
    expect(types(undefined)).toBeUndefined();
  });

  it.each([{ types: '' }, { types: 'tokens' }, { types: [] }, { lastEventId: 'x'.repeat(101) }, { after: '1-1' }])(
    '%j is refused',
    (query) => {
      expect(jobEventsQuerySchema.safeParse(query).success).toBe(false);
    },
  );
});
