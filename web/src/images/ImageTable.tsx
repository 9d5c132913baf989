import { Checkbox } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { bytes, dateTime } from '../format';
import type { ItemsProps } from './ImageGrid';
import tables from '../shell/Table.module.css';
import classes from './ImageTable.module.css';
import { StatusBadge } from './StatusBadge';
import { typeLabel } from '../i18n/labels';
import { Thumbnail } from './Thumbnail';

interface TableProps extends ItemsProps {
  onToggleAll: () => void;
}

export function ImageTable({ items, chosen, active, onToggle, onToggleAll, onFocusItem }: TableProps) {
  const { t } = useTranslation();
  const all = items.length > 0 && chosen.size === items.length;
  return (
    <div className={tables['frame']}>
      <table className={classes['table']}>
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
          {items.map((file, index) => (
            <tr key={file.id} data-chosen={chosen.has(file.id) || undefined}>
              <td>
                <Checkbox
                  tabIndex={-1}
                  checked={chosen.has(file.id)}
                  aria-label={t('images.select', { name: file.original_filename })}
                  onChange={(event) => onToggle(file.id, (event.nativeEvent as MouseEvent).shiftKey)}
                />
              </td>
              <td className={classes['name']}>
                <Link
                  to={`/images/${file.id}`}
                  data-index={index}
                  tabIndex={index === active ? 0 : -1}
                  onFocus={() => onFocusItem(index)}
                >
                  <Thumbnail file={file} />
                  <span title={file.original_filename}>{file.original_filename}</span>
                  {file.warnings.length > 0 && (
                    <IconAlertTriangleFilled
                      size={16}
                      className={classes['warning']}
                      aria-label={t('images.warnings', { count: file.warnings.length })}
                    />
                  )}
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
          ))}
        </tbody>
      </table>
    </div>
  );
}
