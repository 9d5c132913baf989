import { Button, Progress } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface Props {
  text: string;
  done: number;
  total: number;
  onCancel: () => void;
}

/** How far a job is, and how to stop it. */
export function JobMessage({ text, done, total, onCancel }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <span className="undo">
        <span>
          {text} <span className="tally">{t('upload.progressOf', { done, total })}</span>
        </span>
        <Button size="compact-sm" variant="light" onClick={onCancel}>
          {t('studies.job.stop')}
        </Button>
      </span>
      <Progress size="sm" mt={6} value={total === 0 ? 0 : (done / total) * 100} aria-label={text} />
    </>
  );
}
