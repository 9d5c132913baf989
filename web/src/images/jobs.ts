import type { Api } from '../api/api';
import { ApiError } from '../api/problem';
import type { ImageFile, Job } from '../api/types';

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

/** The job that moves a file, if the answer is not the moved file itself. */
export function startedJob(answer: ImageFile | { job: Job }): Job | null {
  return 'job' in answer ? answer.job : null;
}

/** Files that a job which is over could not do. It names the first of them; those that a stopped one has not come to did not fail. */
export const failedIn = ({ status, done, total, errors }: Job) =>
  status === 'CANCELLED' ? errors.length : Math.max(errors.length, total - done);

interface Following {
  pause?: (ms: number) => Promise<void>;
  /** After each answer, as long as the job is not over. */
  onStep?: (job: Job) => void;
  /** Somebody has done something to the job: it is asked at once, and not when the pause is over. */
  onWake?: (wake: () => void) => void;
}
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Asks for a job until it is over, more and more rarely. A job that nobody knows any more is over too; while the server cannot be
 * reached, it is asked again.
 */
export async function followJob(
  api: Pick<Api, 'job'>,
  job: Job,
  { pause = sleep, onStep, onWake }: Following = {},
): Promise<Job | null> {
  let current = job;
  let wait = FIRST_PAUSE_MS;
  while (current.status === 'QUEUED' || current.status === 'RUNNING') {
    onStep?.(current);
    const woken = new Promise<void>((resolve) => onWake?.(resolve));
    await Promise.race([pause(wait), woken]);
    wait = Math.min(LONGEST_PAUSE_MS, wait * 1.5);
    try {
      current = await api.job(job.id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
    }
  }
  return current;
}
