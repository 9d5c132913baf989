import { UnstyledButton } from '@mantine/core';
import { IconPhotoOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { StudySeries } from '../api/types';
import { seriesName } from './names';
import classes from './StudyPage.module.css';

interface Props {
  series: readonly StudySeries[];
  chosen: number | null;
  onChoose: (id: number) => void;
}

/** The series of a study. */
export function SeriesStrip({ series, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <nav className={classes['strip']} aria-label={t('studies.series')}>
      {series.map((each) => (
        <UnstyledButton
          key={each.id}
          className={classes['series']}
          aria-current={each.id === chosen || undefined}
          data-series={each.id}
          onClick={() => onChoose(each.id)}
        >
          <span className={classes['picture']}>
            {each.thumbnail_url ? (
              <img src={each.thumbnail_url} alt="" loading="lazy" />
            ) : (
              <IconPhotoOff size={22} aria-hidden />
            )}
          </span>
          <span className={classes['text']}>
            <strong>{seriesName(each, t)}</strong>
            <span>
              {[each.modality, t('patients.files', { count: each.file_count })].filter(Boolean).join(' · ')}
            </span>
          </span>
        </UnstyledButton>
      ))}
    </nav>
  );
}
