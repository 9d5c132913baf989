import { Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './Dialog';
import { useServices, useSessionExpired } from '../app/context';
import { sessionExpiry } from '../session/session';

/** Asks to sign in again over the page, so that nothing on it is lost. */
export function SessionExpired() {
  const { t } = useTranslation();
  const { session, uploads } = useServices();
  const queries = useQueryClient();
  const open = useSessionExpired();
  const [failed, setFailed] = useState(false);

  const signIn = async () => {
    try {
      await session.signInAgain();
      sessionExpiry.set(false);
      setFailed(false);
      uploads.resumeInterrupted();
      await queries.invalidateQueries();
    } catch {
      setFailed(true);
    }
  };

  return (
    <Dialog first opened={open} onClose={() => sessionExpiry.set(false)} title={t('signIn.expiredTitle')}>
      <Text mb="md">{t('signIn.expiredHint')}</Text>
      {failed && (
        <Text c="red" mb="md" role="alert">
          {t('signIn.failed')}
        </Text>
      )}
      <Button onClick={() => void signIn()} data-autofocus>
        {t('signIn.again')}
      </Button>
    </Dialog>
  );
}
