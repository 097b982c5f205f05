/** Hands on a vendor's events and tells of each, also of those that nothing is read from: they show that it is at work. */
export async function* watchEvents<Event>(
  events: AsyncIterable<Event>,
  onEvent: (() => void) | undefined,
): AsyncGenerator<Event, void, undefined> {
  for await (const event of events) {
    onEvent?.();
    yield event;
  }
}
