import { useInfiniteQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../app/context';
import { dateTime } from '../format';
import { zh } from '../i18n/zh';
import { Failure, LoadMore } from '../shell/states';
import classes from './AccessLog.module.css';

export function actionText(action: string, t: TFunction): string {
  return Object.hasOwn(zh.action, action) ? t(`action.${action as keyof typeof zh.action}`) : action;
}

/** Who opened, changed or downloaded the file. Loaded only when somebody wants to know. */
export function AccessLog({ fileId }: { fileId: number }) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [open, setOpen] = useState(false);
  const log = useInfiniteQuery({
    queryKey: ['access-log', fileId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => api.accessLog(fileId, pageParam),
    getNextPageParam: (last) => last.next_cursor,
    enabled: open,
    staleTime: 0,
  });
  const entries = log.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <details className={`panel ${classes['log']}`} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('detail.accessLog')}</summary>
      {log.isError && <Failure error={log.error} onRetry={() => void log.refetch()} />}
      {log.isSuccess && entries.length === 0 && <p className="quiet">{t('detail.logEmpty')}</p>}
      {entries.length > 0 && (
        <div className={classes['scroll']}>
          <table>
            <thead>
              <tr>
                <th>{t('detail.logAt')}</th>
                <th>{t('detail.logWho')}</th>
                <th>{t('detail.logAction')}</th>
                <th>{t('detail.logFrom')}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry, index) => (
                <tr key={index}>
                  <td>{dateTime(entry.at)}</td>
                  <td>{entry.actor_name ?? entry.actor_id}</td>
                  <td>{actionText(entry.action, t)}</td>
                  <td>{entry.ip}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <LoadMore list={log} />
    </details>
  );
}
