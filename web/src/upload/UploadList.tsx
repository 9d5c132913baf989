import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { UploadItem } from './item';
import { byUrgency } from './progress';
import classes from './UploadList.module.css';
import { UploadRow } from './UploadRow';

const ROW_HEIGHT = 62;
/** With a sentence to read, which must not be cut off. */
const TALL_ROW_HEIGHT = 96;

/** What needs a person first. Only the rows in view exist: two thousand files are as quick as ten. */
export function UploadList({ items: added }: { items: readonly UploadItem[] }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const items = useMemo(() => byUrgency(added), [added]);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: (index) => (hasSentence(items[index]) ? TALL_ROW_HEIGHT : ROW_HEIGHT),
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: 6,
  });
  return (
    <div
      ref={frame}
      className={classes['frame']}
      tabIndex={0}
      role="region"
      aria-label={t('upload.listLabel')}
    >
      <ul className={classes['list']} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ key, index, start, size }) => {
          const item = items[index];
          if (!item) return null;
          return (
            <li key={key} style={{ transform: `translateY(${start}px)`, height: size }}>
              <UploadRow item={item} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function hasSentence(item: UploadItem | undefined): boolean {
  return item !== undefined && (item.notices.length > 0 || item.error !== null);
}
