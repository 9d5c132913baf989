import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { errorText } from '../i18n/errors';
import type { Savable } from '../download/names';
import { useDownload } from '../download/useDownload';
import type { Job } from '../api/types';
import { filesChanged, studiesFollow } from './changed';
import { eachOf, type Outcome } from './eachOf';
import { followJob, startedJob } from './jobs';
import { offerUndo } from './offerUndo';
import { without, type ImageList } from './useImageList';

const UNDO_MS = 10_000;

/** Changes to one or many files, with their messages. */
export function useBulkActions() {
  const { api } = useServices();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const save = useDownload();

  const refresh = () => filesChanged(queries);

  const report = (outcome: Outcome, done: (count: number) => string) => {
    if (outcome.succeeded.length > 0) {
      notifications.show({ message: done(outcome.succeeded.length), color: 'teal' });
    }
    reportFailures(outcome);
  };

  const reportFailures = ({ failures }: Outcome) => {
    const first = failures[0];
    if (!first) return;
    const reason = errorText(first.error, t);
    notifications.show({ message: t('images.partly', { failed: failures.length, reason }), color: 'red' });
  };

  const restore = async (ids: number[]) => {
    const outcome = await eachOf(ids, (id) => api.restore(id));
    report(outcome, (count) => t('images.restored', { count }));
    await refresh();
  };

  /** The files leave the screen at once; those the server did not delete come back. Answers whether all are gone. */
  const remove = async (ids: number[]): Promise<boolean> => {
    await queries.cancelQueries({ queryKey: ['images', 'list'] });
    const gone = new Set(ids);
    queries.setQueriesData<ImageList>(
      { queryKey: ['images', 'list'] },
      (list) => list && without(list, gone),
    );
    const outcome = await eachOf(ids, (id) => api.remove(id));
    reportFailures(outcome);
    if (outcome.succeeded.length > 0) offerToRestore(outcome.succeeded);
    if (outcome.failures.length > 0) await refresh();
    else {
      studiesFollow(queries);
      await queries.invalidateQueries({ queryKey: ['images'], refetchType: 'none' });
    }
    return outcome.failures.length === 0;
  };

  const offerToRestore = (ids: number[]) =>
    offerUndo({
      id: `deleted-${ids[0]}`,
      text: t('images.deleted', { count: ids.length }),
      time: UNDO_MS,
      onUndo: () => void restore(ids),
    });

  /** What is too large to be waited for is moved by a job: a message says so until it is over, and then the rows are as it left them. */
  const move = async (
    ids: number[],
    request: (id: number) => ReturnType<typeof api.archive>,
    done: (count: number) => string,
  ) => {
    const jobs: Job[] = [];
    const outcome = await eachOf(ids, async (id) => {
      const job = startedJob(await request(id));
      if (job) jobs.push(job);
    });
    const now = outcome.succeeded.slice(jobs.length);
    report({ ...outcome, succeeded: now }, done);
    await refresh();
    if (jobs.length > 0) void follow(jobs, done);
  };

  const follow = async (jobs: Job[], done: (count: number) => string) => {
    const id = `moving-${jobs[0]?.id}`;
    const message = t('images.moving', { count: jobs.length });
    notifications.show({ id, message, loading: true, autoClose: false, withCloseButton: true });
    const over = await Promise.all(jobs.map((job) => followJob(api, job)));
    notifications.hide(id);
    const moved = over.filter((job) => job?.status === 'DONE').length;
    if (moved > 0) notifications.show({ message: done(moved), color: 'teal' });
    const failed = over.filter((job) => job?.status === 'FAILED').length;
    if (failed > 0) notifications.show({ message: t('images.notMoved', { count: failed }), color: 'red' });
    await refresh();
  };

  const archive = (ids: number[]) =>
    move(
      ids,
      (id) => api.archive(id),
      (count) => t('images.archived', { count }),
    );
  const unarchive = (ids: number[]) =>
    move(
      ids,
      (id) => api.unarchive(id),
      (count) => t('images.unarchived', { count }),
    );
  const download = (files: Savable[]) => save(files);

  return { remove, restore, archive, unarchive, download };
}
