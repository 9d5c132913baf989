import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { createElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { Api } from '../api/api';
import type { Job } from '../api/types';
import { errorText, jobErrorText } from '../i18n/errors';
import { filesChanged } from '../images/changed';
import { failedIn, followJob } from '../images/jobs';
import { offerUndo } from '../images/offerUndo';
import { JobMessage } from './JobMessage';

/** What can be done with all files of a study. */
export type StudyAct = 'remove' | 'restore' | 'archive' | 'unarchive';

/** A study as a message names it, and whose it is (null: the caller's). */
export interface NamedStudy {
  id: number;
  name: string;
  of: number | null;
}

/** Longer than for a file, because a study is more to lose. */
const UNDO_MS = 15_000;

const BEGIN: Record<StudyAct, (api: Api) => Api['removeStudy' | 'restoreStudy' | 'archiveStudy']> = {
  remove: (api) => api.removeStudy,
  restore: (api) => api.restoreStudy,
  archive: (api) => api.archiveStudy,
  unarchive: (api) => api.unarchiveStudy,
};

/** Begins jobs about whole studies. A message follows each one, on whatever page somebody is, until it is over. */
export function useStudyJobs() {
  const { api } = useServices();
  const { t } = useTranslation();
  const queries = useQueryClient();

  /** Answers whether the job has begun. */
  const begin = async (act: StudyAct, study: NamedStudy): Promise<boolean> => {
    try {
      const { job } = await BEGIN[act](api)(study.id, study.of);
      void follow(act, study, job);
      return true;
    } catch (error) {
      notifications.show({ message: errorText(error, t), color: 'red' });
      return false;
    }
  };

  const follow = async (act: StudyAct, study: NamedStudy, job: Job) => {
    const id = `study-job-${job.id}`;
    let wake: () => void = () => undefined;
    // What has come of it is read from the job, whether this was in time or not.
    const cancel = () => {
      void api
        .cancelJob(job.id)
        .catch(() => undefined)
        .then(() => wake());
    };
    const shown = (now: Job) => ({
      id,
      message: createElement(JobMessage, {
        text: t(`studies.job.${act}.running`, { name: study.name }),
        done: now.done,
        total: now.total,
        onCancel: cancel,
      }),
      loading: true,
      autoClose: false as const,
      withCloseButton: true,
    });
    notifications.show(shown(job));
    const over = await followJob(api, job, {
      onStep: (now) => notifications.update(shown(now)),
      onWake: (next) => (wake = next),
    });
    notifications.hide(id);
    if (over) report(act, study, over);
    await filesChanged(queries);
  };

  const report = (act: StudyAct, study: NamedStudy, job: Job) => {
    const { status, done, total, errors } = job;
    const text = t(`studies.job.${act}.done`, { count: done });
    if (status === 'CANCELLED') {
      notifications.show({ message: t('studies.job.cancelled', { done, total }), color: 'yellow' });
    }
    if (done > 0 && act === 'remove') offerToRestore(study, text);
    else if (done > 0) notifications.show({ message: text, color: 'teal' });
    const [first] = errors;
    if (first) {
      const message = t('images.partly', { failed: failedIn(job), reason: jobErrorText(first, t) });
      notifications.show({ message, color: 'red', autoClose: false });
    }
  };

  const offerToRestore = (study: NamedStudy, text: string) =>
    offerUndo({
      id: `deleted-study-${study.id}`,
      text,
      time: UNDO_MS,
      onUndo: () => void begin('restore', study),
    });

  return begin;
}
