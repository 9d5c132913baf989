/** Which files a change reached, and why not the others. */
export interface Outcome {
  succeeded: number[];
  failures: { id: number; error: unknown }[];
}

/** As many connections as a browser opens to one HTTP/1.1 origin. */
const PARALLEL = 6;

/** Runs one request per file, a few at a time; a failure does not stop the rest. */
export async function eachOf(ids: number[], act: (id: number) => Promise<unknown>): Promise<Outcome> {
  const outcome: Outcome = { succeeded: [], failures: [] };
  const waiting = [...ids];
  const worker = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await act(id);
        outcome.succeeded.push(id);
      } catch (error) {
        outcome.failures.push({ id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return outcome;
}
