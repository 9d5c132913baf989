import { Checkbox } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { ImageFile } from '../api/types';
import { bytes, dateTime } from '../format';
import classes from './ImageGrid.module.css';
import { StatusBadge } from './StatusBadge';
import { typeLabel } from '../i18n/labels';
import { Thumbnail } from './Thumbnail';

export interface ItemsProps {
  items: ImageFile[];
  chosen: ReadonlySet<number>;
  /** Index of the one item the Tab key reaches. */
  active: number;
  onToggle: (id: number, range: boolean) => void;
  onFocusItem: (index: number) => void;
}

export function ImageGrid({ items, chosen, active, onToggle, onFocusItem }: ItemsProps) {
  const { t } = useTranslation();
  return (
    <ul className={classes['grid']} aria-label={t('images.title')}>
      {items.map((file, index) => (
        <Card
          key={file.id}
          file={file}
          index={index}
          chosen={chosen.has(file.id)}
          reachable={index === active}
          onToggle={onToggle}
          onFocusItem={onFocusItem}
        />
      ))}
    </ul>
  );
}

interface CardProps {
  file: ImageFile;
  index: number;
  chosen: boolean;
  reachable: boolean;
  onToggle: (id: number, range: boolean) => void;
  onFocusItem: (index: number) => void;
}

const Card = memo(function Card({ file, index, chosen, reachable, onToggle, onFocusItem }: CardProps) {
  const { t } = useTranslation();
  return (
    <li className={classes['card']} data-chosen={chosen || undefined}>
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
      {file.warnings.length > 0 && (
        <span className={classes['warning']} title={t('images.warnings', { count: file.warnings.length })}>
          <IconAlertTriangleFilled size={18} aria-hidden />
          <span className="visually-hidden">{t('images.warnings', { count: file.warnings.length })}</span>
        </span>
      )}
    </li>
  );
});
