import { CloseButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './ChosenBar.module.css';

interface Props {
  count: number;
  onClear: () => void;
  /** What can be done with them. */
  children: ReactNode;
}

/** How many files of a list are chosen, and what can be done with them. */
export function ChosenBar({ count, onClear, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes['bar']} role="toolbar" aria-label={t('images.selected', { count })}>
      <CloseButton aria-label={t('images.clearSelection')} onClick={onClear} />
      <strong aria-live="polite">{t('images.selected', { count })}</strong>
      <span className={classes['grow']} />
      {children}
    </div>
  );
}
