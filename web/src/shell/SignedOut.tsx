import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { EmptyState } from './states';

/** Shown where the provider has no page of its own for it: it may still know who signed out here. */
export function SignedOut({ onSignIn }: { onSignIn: () => Promise<void> }) {
  const { t } = useTranslation();
  return (
    <main className="centred">
      <EmptyState whole title={t('signIn.outTitle')} hint={t('signIn.outHint')}>
        <Button onClick={() => void onSignIn()}>{t('signIn.again')}</Button>
      </EmptyState>
    </main>
  );
}
