import type { Api } from '../api/api';
import { Journal } from './journal';
import { isRunning } from './item';
import { UploadQueue } from './queue';

/** The upload queue of the signed-in user; warns before the window closes over running uploads. */
export function openUploads(api: Api, user: string, onArrived: () => void): UploadQueue {
  const queue = new UploadQueue({ api, user, journal: new Journal(user), onArrived: gathered(onArrived) });
  window.addEventListener('beforeunload', (event) => {
    if (queue.snapshot().items.some(isRunning)) event.preventDefault();
  });
  return queue;
}

/** Two thousand arrivals must not be two thousand refreshes. */
function gathered(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      act();
    }, 1_500);
  };
}
