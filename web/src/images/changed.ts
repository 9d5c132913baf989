import type { QueryClient } from '@tanstack/react-query';

/** Studies follow their files by up to 2 s. */
const STUDIES_FOLLOW_MS = 2_500;

/** Files have changed: what is on the screen is asked for anew, and studies once more when they have followed. */
export async function filesChanged(queries: QueryClient): Promise<void> {
  studiesFollow(queries);
  await queries.invalidateQueries({ queryKey: ['images'] });
}

/** Files have changed, and their lists show it already. */
export function studiesFollow(queries: QueryClient): void {
  const ask = () => void queries.invalidateQueries({ queryKey: ['studies'] });
  ask();
  setTimeout(ask, STUDIES_FOLLOW_MS);
}
