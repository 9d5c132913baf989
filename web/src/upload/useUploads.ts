import { useSyncExternalStore } from 'react';
import { useServices } from '../app/context';
import type { QueueView } from './queue';

export function useUploads(): QueueView {
  const { uploads } = useServices();
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot);
}
