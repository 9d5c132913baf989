import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { EmptyState } from './states';

/** Shown when not even the configuration could be read. */
export function StartFailed() {
  const { t } = useTranslation();
  return (
    <main className="centred">
      <EmptyState whole title={t('signIn.configTitle')} hint={t('signIn.configHint')}>
        <Button onClick={() => window.location.reload()}>{t('app.reload')}</Button>
      </EmptyState>
    </main>
  );
}
