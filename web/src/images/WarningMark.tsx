import { IconAlertOctagonFilled, IconAlertTriangleFilled, IconInfoCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Notice } from '../api/types';
import { noticeText } from '../i18n/errors';
import { worstOf, type Severity } from './severity';
import classes from './WarningMark.module.css';

const ICONS: Record<Severity, typeof IconInfoCircle> = {
  grave: IconAlertOctagonFilled,
  check: IconAlertTriangleFilled,
  harmless: IconInfoCircle,
};

/** What a list says of warnings: those that could hurt a patient look like no others. */
export function WarningMark({ warnings, size = 18 }: { warnings: readonly Notice[]; size?: number }) {
  const { t } = useTranslation();
  const severity = worstOf(warnings);
  if (severity === null) return null;
  const Icon = ICONS[severity];
  const text = warnings.map((warning) => noticeText(warning, t)).join('\n');
  return (
    <span className={classes['mark']} data-severity={severity} title={text}>
      <Icon size={size} aria-hidden />
      <span className="visually-hidden">
        {t(`images.severity.${severity}`)}: {text}
      </span>
    </span>
  );
}
