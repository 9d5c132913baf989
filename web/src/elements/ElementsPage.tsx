import { Button, Skeleton } from '@mantine/core';
import { IconArrowLeft, IconListSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { useAddress } from '../app/address';
import { useServices } from '../app/context';
import { bytes, count } from '../format';
import { goBack } from '../shell/goBack';
import { SearchField } from '../shell/SearchField';
import { EmptyState, Failure } from '../shell/states';
import { linesOf, matching, tagText, type Line } from './dataSet';
import { nameOf } from './dictionary';
import classes from './ElementsPage.module.css';
import { useElements } from './useElements';

/** So many lines are drawn at once: files of many frames have tens of thousands, and nobody reads on to their end. */
const AT_ONCE = 1_000;

/** All elements of a DICOM file. */
export function ElementsPage() {
  const { t } = useTranslation();
  const { api } = useServices();
  const navigate = useNavigate();
  const id = Number(useParams()['id']);
  const file = useQuery({
    queryKey: ['images', 'one', id],
    queryFn: ({ signal }) => api.image(id, signal),
    enabled: Number.isSafeInteger(id),
  });
  const elements = useElements(id);
  return (
    <>
      <div className="page-head">
        <Button
          component={Link}
          to={`/images/${id}`}
          variant="subtle"
          leftSection={<IconArrowLeft size={18} />}
          onClick={(event) => goBack(event, navigate)}
        >
          {t('elements.back')}
        </Button>
        <h1 className={classes['title']}>{t('elements.title')}</h1>
        <span className="quiet">{file.data?.original_filename}</span>
        <span className="grow" />
        <SearchField label={t('elements.search')} />
      </div>
      {elements.isError && <Failure error={elements.error} onRetry={() => void elements.refetch()} />}
      {elements.isPending && <Skeleton height={480} />}
      {elements.data && <Elements all={elements.data} />}
    </>
  );
}

function Elements({ all }: { all: Parameters<typeof linesOf>[0] }) {
  const { t } = useTranslation();
  const [params] = useAddress();
  const search = params.get('search') ?? '';
  const [shown, setShown] = useState({ search, count: AT_ONCE });
  const lines = useMemo(() => linesOf(all), [all]);
  const found = useMemo(() => matching(lines, search, nameOf), [lines, search]);
  const most = shown.search === search ? shown.count : AT_ONCE;
  const rest = found.length - most;
  if (found.length === 0) {
    return (
      <EmptyState
        title={t('elements.noneTitle')}
        hint={t('elements.noneHint')}
        icon={<IconListSearch size={56} stroke={1.2} />}
      />
    );
  }
  return (
    <>
      <p className="quiet" aria-live="polite">
        {t('elements.count', { count: found.filter(({ item }) => item === null).length })}
      </p>
      <div className={classes['frame']}>
        <table className={classes['table']}>
          <thead>
            <tr>
              <th>{t('elements.tag')}</th>
              <th>{t('elements.name')}</th>
              <th>{t('elements.vr')}</th>
              <th>{t('elements.value')}</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, most).map((line) => (
              <Row key={line.path} line={line} />
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && (
        <div className="list-end">
          <Button variant="subtle" onClick={() => setShown({ search, count: most + AT_ONCE })}>
            {t('elements.more', { count: rest, shown: count(rest) })}
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ line }: { line: Line }) {
  const { t } = useTranslation();
  const inset = { '--depth': line.depth } as React.CSSProperties;
  if (line.item !== null) {
    return (
      <tr className={classes['item']}>
        <td colSpan={4} style={inset}>
          {t('elements.item', { number: line.item })}
        </td>
      </tr>
    );
  }
  return (
    <tr>
      <td className={classes['tag']} style={inset}>
        {tagText(line.tag)}
      </td>
      <td>{nameOf(line.tag) || <span className="quiet">{t('elements.private')}</span>}</td>
      <td>{line.vr}</td>
      <td className={classes['value']}>{line.value ?? <Unwritten line={line} />}</td>
    </tr>
  );
}

/** What stands in the place of a value that is no text. */
function Unwritten({ line }: { line: Line }) {
  const { t } = useTranslation();
  if (line.items !== null) return <span className="quiet">{t('elements.items', { count: line.items })}</span>;
  const size = line.bytes === null ? '' : bytes(line.bytes);
  return <span className="quiet">{[t('elements.binary'), size].filter(Boolean).join(' · ')}</span>;
}
