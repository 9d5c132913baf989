import { Checkbox } from '@mantine/core';
import { memo, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { ImageFile } from '../api/types';
import { bytes, dateTime } from '../format';
import { typeLabel } from '../i18n/labels';
import classes from './ImageGrid.module.css';
import { StatusBadge } from './StatusBadge';
import { Thumbnail } from './Thumbnail';
import { reachableOf, useListHandle, useVirtualRows, type ListHandle } from './useVirtualRows';
import { WarningMark } from './WarningMark';

export interface ItemsProps {
  items: ImageFile[];
  chosen: ReadonlySet<number>;
  /** Index of the one item the Tab key reaches. */
  active: number;
  handle: RefObject<ListHandle | null>;
  onToggle: (id: number, range: boolean) => void;
  onFocusItem: (index: number) => void;
  loadMore: (() => void) | null;
  onDrawn: () => void;
}

/** Until one has been measured. */
const USUAL = { columns: 6, rowHeight: 290 };

export function ImageGrid({
  items,
  chosen,
  active,
  handle,
  onToggle,
  onFocusItem,
  loadMore,
  onDrawn,
}: ItemsProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const room = useRef<HTMLDivElement>(null);
  const { columns, rowHeight } = useGridSize(list);
  const span = useVirtualRows({ list: room, count: items.length, columns, rowHeight, overscan: 3, ahead: 0 });
  useListHandle({ handle, loadMore, onDrawn }, span, columns);
  const reachable = reachableOf(active, span);
  return (
    <div ref={room} style={{ paddingTop: span.before, paddingBottom: span.after }}>
      <ul ref={list} className={classes['grid']} aria-label={t('images.title')}>
        {items.slice(span.first, span.end).map((file, offset) => {
          const index = span.first + offset;
          return (
            <Card
              key={file.id}
              file={file}
              index={index}
              total={items.length}
              chosen={chosen.has(file.id)}
              reachable={index === reachable}
              onToggle={onToggle}
              onFocusItem={onFocusItem}
            />
          );
        })}
      </ul>
    </div>
  );
}

/** The stylesheet decides how many cards stand side by side and how high they are. */
function useGridSize(list: RefObject<HTMLUListElement | null>) {
  const [size, setSize] = useState(USUAL);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = () => {
      const { gridTemplateColumns, rowGap } = getComputedStyle(element);
      const card = element.firstElementChild?.getBoundingClientRect().height;
      if (!card) return;
      const columns = Math.max(1, gridTemplateColumns.split(' ').length);
      const rowHeight = card + parseFloat(rowGap);
      setSize((now) =>
        now.columns === columns && now.rowHeight === rowHeight ? now : { columns, rowHeight },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [list]);
  return size;
}

interface CardProps {
  file: ImageFile;
  index: number;
  total: number;
  chosen: boolean;
  reachable: boolean;
  onToggle: (id: number, range: boolean) => void;
  onFocusItem: (index: number) => void;
}

const Card = memo(function Card({ file, index, total, chosen, reachable, onToggle, onFocusItem }: CardProps) {
  const { t } = useTranslation();
  return (
    <li
      className={classes['card']}
      data-chosen={chosen || undefined}
      aria-setsize={total}
      aria-posinset={index + 1}
    >
      <Link
        to={`/images/${file.id}`}
        data-index={index}
        tabIndex={reachable ? 0 : -1}
        className={classes['link']}
        onFocus={() => onFocusItem(index)}
        onClick={(event) => {
          if (!event.shiftKey && !event.ctrlKey && !event.metaKey) return;
          event.preventDefault();
          onToggle(file.id, event.shiftKey);
        }}
      >
        <Thumbnail file={file} />
        <span className={classes['text']}>
          <span className={classes['name']} title={file.original_filename}>
            {file.original_filename}
          </span>
          <span className={classes['facts']}>
            <span>
              {[file.modality, typeLabel(file.file_type, t), bytes(file.file_size)]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </span>
          <span className={classes['facts']}>
            <span>{dateTime(file.created_at)}</span>
            {file.status !== 'PROCESSED' && <StatusBadge status={file.status} />}
          </span>
        </span>
      </Link>
      <Checkbox
        className={classes['check']}
        checked={chosen}
        tabIndex={-1}
        aria-label={t('images.select', { name: file.original_filename })}
        onChange={(event) => onToggle(file.id, (event.nativeEvent as MouseEvent).shiftKey)}
      />
      <span className={classes['warning']}>
        <WarningMark warnings={file.warnings} />
      </span>
    </li>
  );
});
