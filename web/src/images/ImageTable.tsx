import { Checkbox } from '@mantine/core';
import { memo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { bytes, dateTime } from '../format';
import type { ImageFile } from '../api/types';
import type { ItemsProps } from './ImageGrid';
import tables from '../shell/Table.module.css';
import classes from './ImageTable.module.css';
import { StatusBadge } from './StatusBadge';
import { typeLabel } from '../i18n/labels';
import { Thumbnail } from './Thumbnail';
import { reachableOf, useListHandle, useVirtualRows } from './useVirtualRows';
import { WarningMark } from './WarningMark';

interface TableProps extends ItemsProps {
  onToggleAll: () => void;
}

/** As the stylesheet says. */
const ROW_HEIGHT = 54;

export function ImageTable({
  items,
  chosen,
  active,
  handle,
  onToggle,
  onToggleAll,
  onFocusItem,
  loadMore,
  onDrawn,
}: TableProps) {
  const { t } = useTranslation();
  const body = useRef<HTMLDivElement>(null);
  const span = useVirtualRows({
    list: body,
    count: items.length,
    columns: 1,
    rowHeight: ROW_HEIGHT,
    overscan: 12,
    ahead: 8,
  });
  useListHandle({ handle, loadMore, onDrawn }, span, 1);
  const all = items.length > 0 && chosen.size === items.length;
  const reachable = reachableOf(active, span);
  return (
    <div ref={body} className={tables['frame']}>
      <table className={classes['table']} aria-rowcount={items.length + 1}>
        <thead>
          <tr>
            <th>
              <Checkbox
                aria-label={t('images.selectAll')}
                checked={all}
                indeterminate={chosen.size > 0 && !all}
                onChange={onToggleAll}
              />
            </th>
            <th>{t('images.name')}</th>
            <th>{t('images.type')}</th>
            <th>{t('images.modality')}</th>
            <th>{t('images.patient')}</th>
            <th>{t('images.status')}</th>
            <th className={classes['number']}>{t('images.size')}</th>
            <th>{t('images.created')}</th>
            <th>{t('images.uploader')}</th>
          </tr>
        </thead>
        <tbody>
          <Room height={span.before} />
          {items.slice(span.first, span.end).map((file, offset) => (
            <Row
              key={file.id}
              file={file}
              index={span.first + offset}
              chosen={chosen.has(file.id)}
              reachable={span.first + offset === reachable}
              onToggle={onToggle}
              onFocusItem={onFocusItem}
            />
          ))}
          <Room height={span.after} />
        </tbody>
      </table>
    </div>
  );
}

/** In place of the rows that are out of view. */
function Room({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className={classes['room']} aria-hidden>
      <td colSpan={9} style={{ height }} />
    </tr>
  );
}

interface RowProps extends Pick<ItemsProps, 'onToggle' | 'onFocusItem'> {
  file: ImageFile;
  index: number;
  chosen: boolean;
  reachable: boolean;
}

const Row = memo(function Row({ file, index, chosen, reachable, onToggle, onFocusItem }: RowProps) {
  const { t } = useTranslation();
  return (
    <tr data-chosen={chosen || undefined} aria-rowindex={index + 2}>
      <td>
        <Checkbox
          tabIndex={-1}
          checked={chosen}
          aria-label={t('images.select', { name: file.original_filename })}
          onChange={(event) => onToggle(file.id, (event.nativeEvent as MouseEvent).shiftKey)}
        />
      </td>
      <td className={classes['name']}>
        <Link
          to={`/images/${file.id}`}
          data-index={index}
          tabIndex={reachable ? 0 : -1}
          onFocus={() => onFocusItem(index)}
        >
          <Thumbnail file={file} />
          <span title={file.original_filename}>{file.original_filename}</span>
          <WarningMark warnings={file.warnings} size={16} />
        </Link>
      </td>
      <td>{typeLabel(file.file_type, t)}</td>
      <td>{file.modality}</td>
      <td>{file.patient_id}</td>
      <td>
        <StatusBadge status={file.status} />
      </td>
      <td className={classes['number']}>{bytes(file.file_size)}</td>
      <td>{dateTime(file.created_at)}</td>
      <td>{file.uploader_name}</td>
    </tr>
  );
});
