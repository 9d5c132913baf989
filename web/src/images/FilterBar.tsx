import { ActionIcon, Button, NativeSelect, SegmentedControl, TextInput, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconAdjustmentsHorizontal,
  IconFilterOff,
  IconLayoutGrid,
  IconLink,
  IconList,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FILE_TYPES, LIVE_STATUSES } from '../api/types';
import { DateField } from '../shell/DateField';
import { ListSearch } from '../shell/ListSearch';
import { activeFilters, modalitiesWith, PAGE_SIZES, type Filters, type ViewOptions } from './filters';
import classes from './FilterBar.module.css';
import { UploaderChoice } from '../users/UploaderChoice';

interface Props {
  filters: Filters;
  view: ViewOptions;
  isAdmin: boolean;
  onChange: (change: Record<string, string | number>) => void;
  onClear: () => void;
}

export function FilterBar({ filters, view, isAdmin, onChange, onClear }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const active = activeFilters(filters);
  return (
    <section className={classes['bar']} aria-label={t('images.filters')} data-open={open || undefined}>
      <div className={classes['first']}>
        <ListSearch
          className={classes['search']}
          label={t('images.searchLabel')}
          value={filters.search}
          onChange={(search) => onChange({ search })}
        />
        <Button
          className={classes['more']}
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={17} />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {t('images.filters')}
          {active > 0 && ` · ${active}`}
        </Button>
        <ViewSwitch view={view} onChange={onChange} />
      </div>
      <div className={classes['rest']}>
        <Choices filters={filters} isAdmin={isAdmin} onChange={onChange} />
        {active > 0 && (
          <Button variant="subtle" leftSection={<IconFilterOff size={17} />} onClick={onClear}>
            {t('images.clear')}
          </Button>
        )}
      </div>
    </section>
  );
}

type ChoicesProps = Pick<Props, 'filters' | 'isAdmin' | 'onChange'>;

function Choices({ filters, isAdmin, onChange }: ChoicesProps) {
  const { t } = useTranslation();
  const any = { value: '', label: t('images.any') };
  const field = (key: keyof Filters) => ({
    value: filters[key],
    onChange: (event: { currentTarget: { value: string } }) => onChange({ [key]: event.currentTarget.value }),
  });
  return (
    <>
      {isAdmin && (
        <NativeSelect
          label={t('images.scope')}
          data={[
            { value: 'all', label: t('images.scopeAll') },
            { value: 'mine', label: t('images.scopeMine') },
          ]}
          {...field('scope')}
        />
      )}
      <NativeSelect
        label={t('images.type')}
        data={[any, ...FILE_TYPES.map((value) => ({ value, label: t(`fileType.${value}`) }))]}
        {...field('file_type')}
      />
      <NativeSelect
        label={t('images.status')}
        data={[any, ...LIVE_STATUSES.map((value) => ({ value, label: t(`fileStatus.${value}`) }))]}
        {...field('status')}
      />
      <NativeSelect
        label={t('images.modality')}
        data={[any, ...modalitiesWith(filters.modality)]}
        {...field('modality')}
      />
      <DateField
        label={t('images.from')}
        max={filters.end_date || undefined}
        value={filters.start_date}
        onChange={(start_date) => onChange({ start_date })}
      />
      <DateField
        label={t('images.to')}
        min={filters.start_date || undefined}
        value={filters.end_date}
        onChange={(end_date) => onChange({ end_date })}
      />
      <PatientField key={filters.patient_id} filters={filters} onChange={onChange} />
      {isAdmin && (
        <UploaderChoice
          className={classes['id']}
          value={filters.uploaded_by}
          onChange={(uploaded_by) => onChange({ uploaded_by })}
        />
      )}
    </>
  );
}

/** An id filters when it is complete (Enter or leaving the field), not with every key. */
function PatientField({ filters, onChange }: Pick<Props, 'filters' | 'onChange'>) {
  const { t } = useTranslation();
  const [text, setText] = useState(filters.patient_id);
  const commit = () => text.trim() !== filters.patient_id && onChange({ patient_id: text.trim() });
  return (
    <TextInput
      label={t('images.patient')}
      className={classes['id']}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}

function ViewSwitch({ view, onChange }: Pick<Props, 'view' | 'onChange'>) {
  const { t } = useTranslation();
  const copy = async () => {
    await navigator.clipboard.writeText(window.location.href);
    notifications.show({ message: t('images.copied'), color: 'teal' });
  };
  return (
    <div className={classes['view']}>
      <NativeSelect
        className={classes['pageSize']}
        aria-label={t('images.pageSize')}
        title={t('images.pageSize')}
        data={PAGE_SIZES.map((size) => ({
          value: String(size),
          label: t('images.atATime', { count: size }),
        }))}
        value={String(view.page_size)}
        onChange={(event) => onChange({ page_size: event.currentTarget.value })}
      />
      <SegmentedControl
        aria-label={t('images.view')}
        value={view.view}
        data={[
          { value: 'grid', label: <ViewLabel icon={<IconLayoutGrid size={17} />} text={t('images.grid')} /> },
          { value: 'table', label: <ViewLabel icon={<IconList size={17} />} text={t('images.table')} /> },
        ]}
        onChange={(value) => onChange({ view: value })}
      />
      <Tooltip label={t('images.copyLink')}>
        <ActionIcon variant="default" size={36} aria-label={t('images.copyLink')} onClick={() => void copy()}>
          <IconLink size={17} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function ViewLabel({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <span className={classes['viewLabel']} title={text}>
      {icon}
      <span className="visually-hidden">{text}</span>
    </span>
  );
}
