import { Button } from '@mantine/core';
import { IconArchive } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import type { ImageFile, Study, StudySeries } from '../api/types';
import { allFiles } from './files';
import { patientOf } from './names';
import classes from './StudyPage.module.css';
import { useStudyJobs } from './useStudyJobs';

interface Props {
  study: Study;
  series: StudySeries;
  of: number | null;
  /** Those that are read. */
  files: readonly ImageFile[];
}

/** Says that files of a series are archived, and brings them back. Of a whole study the service does not say it. */
export function Archived({ study, series, of, files }: Props) {
  const { t } = useTranslation();
  const { api } = useServices();
  const begin = useStudyJobs();
  // Counted anew when files have changed, which the stack that is read does not follow.
  const archived = useQuery({
    queryKey: ['images', 'archived', series.id, of],
    queryFn: async ({ signal }) =>
      archivedIn(await allFiles((page) => api.seriesFiles(series.id, { ...page, uploaded_by: of }, signal))),
    initialData: () => archivedIn(files),
    staleTime: Infinity,
    gcTime: 60_000,
  });
  if (archived.data === 0) return null;
  const unarchive = () => begin('unarchive', { id: study.id, name: patientOf(study, t), of });
  return (
    <p className={classes['archived']} role="note">
      <IconArchive size={16} aria-hidden /> {t('studies.archived', { count: archived.data })}
      <Button size="compact-xs" variant="light" onClick={() => void unarchive()}>
        {t('studies.unarchive')}
      </Button>
    </p>
  );
}

const archivedIn = (files: readonly ImageFile[]) =>
  files.filter(({ status }) => status === 'ARCHIVED').length;
