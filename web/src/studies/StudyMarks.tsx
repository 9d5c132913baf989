import { IconAlertOctagonFilled, IconAlertTriangleFilled, IconInfoCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Notice, StudyWarning } from '../api/types';
import { noticeText } from '../i18n/errors';
import { severityOf, type Severity } from '../images/severity';
import { count } from '../format';
import classes from './StudyMarks.module.css';

const ICONS: Record<Severity, typeof IconInfoCircle> = {
  grave: IconAlertOctagonFilled,
  check: IconAlertTriangleFilled,
  harmless: IconInfoCircle,
};
const SEVERITIES = ['grave', 'check', 'harmless'] as const satisfies Severity[];

/** The warnings of a study's files: a mark for each severity, with how often it was met. */
export function StudyMarks({ warnings }: { warnings: readonly StudyWarning[] }) {
  const { t } = useTranslation();
  return SEVERITIES.map((severity) => {
    const found = warnings.filter((warning) => severityOf(warning) === severity);
    if (found.length === 0) return null;
    const Icon = ICONS[severity];
    const text = found.map((warning) => warningLine(warning, t)).join('\n');
    return (
      <span key={severity} className={classes['mark']} data-severity={severity} title={text}>
        <Icon size={15} aria-hidden />
        <span aria-hidden>{count(Math.max(...found.map(({ file_count }) => file_count)))}</span>
        <span className="visually-hidden">
          {t(`images.severity.${severity}`)}: {text}
        </span>
      </span>
    );
  });
}

/** How many files it is about, and what. */
export function warningLine(
  { code, file_count }: StudyWarning,
  t: ReturnType<typeof useTranslation>['t'],
): string {
  const text = noticeText({ code, message: code } as Notice, t);
  return `${t('patients.files', { count: file_count })}${t('upload.colon')}${text}`;
}
