import { Alert, Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { errorReference, errorText } from '../i18n/errors';

interface EmptyProps {
  title: string;
  hint: string;
  icon?: ReactNode;
  /** It is all there is on the page, so its title is the page's. */
  whole?: boolean;
  children?: ReactNode;
}

/** A place without content says why, and what to do. */
export function EmptyState({ title, hint, icon, whole, children }: EmptyProps) {
  const Title = whole ? 'h1' : 'h2';
  return (
    <div className="empty">
      {icon && <div className="empty-icon">{icon}</div>}
      <Title>{title}</Title>
      <p>{hint}</p>
      {children}
    </div>
  );
}

/** A failure in the user's language with a way to go on. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const reference = errorReference(error);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('error.title')} role="alert">
      <p className="alert-text">{errorText(error, t)}</p>
      {reference && <p className="alert-reference">{t('error.reference', { id: reference })}</p>}
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          {t('error.retry')}
        </Button>
      )}
    </Alert>
  );
}

interface LoadMoreProps {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
}

/** Continues a list that has more pages. */
export function LoadMore({ list }: LoadMoreProps) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <div className="list-end">
      <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {t('images.more')}
      </Button>
    </div>
  );
}

/** Code that did not come: the server is away, or has a newer page than this one. */
export function NotLoaded({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState whole title={t('app.notLoadedTitle')} hint={t('app.notLoadedHint')}>
      <div className="form-buttons">
        <Button onClick={onRetry}>{t('error.retry')}</Button>
        <Button variant="default" onClick={() => window.location.reload()}>
          {t('app.reload')}
        </Button>
      </div>
    </EmptyState>
  );
}

/** Stands in for a page whose code is on its way. */
export function PageSkeleton() {
  const { t } = useTranslation();
  return (
    <div className="page" aria-busy="true" aria-label={t('app.loading')}>
      <Skeleton height={34} width={180} mb="lg" />
      <Skeleton height={120} mb="md" />
      <Skeleton height={320} />
    </div>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState whole title={t('app.notFoundTitle')} hint={t('app.notFoundHint')}>
      <Button component={Link} to="/images">
        {t('nav.images')}
      </Button>
    </EmptyState>
  );
}
