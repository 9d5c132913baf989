import { useTranslation } from 'react-i18next';
import type { DataSet } from './dataSet';
import classes from './DocumentPanel.module.css';
import { reportOf, type Content } from './report';

/** What a structured report says, in its own order and words. */
export function ReportPanel({ dataSet }: { dataSet: DataSet }) {
  const { t } = useTranslation();
  const report = reportOf(dataSet);
  const isPartial = report.completion === 'PARTIAL';
  const isVerified = report.verification === 'VERIFIED';
  return (
    <>
      <p className={classes['state']}>
        <strong>{report.title}</strong>
        {isPartial && <span className={classes['badge']}>{t('documents.partial')}</span>}
        <span className={classes['badge']} data-good={isVerified || undefined}>
          {t(isVerified ? 'documents.verified' : 'documents.unverified')}
        </span>
      </p>
      <Items items={report.content} />
    </>
  );
}

function Items({ items }: { items: readonly Content[] }) {
  if (items.length === 0) return null;
  return (
    <ul className={classes['content']}>
      {items.map(({ concept, value, children }, index) => (
        <li key={index}>
          {concept && <strong>{concept}</strong>} {value}
          <Items items={children} />
        </li>
      ))}
    </ul>
  );
}
