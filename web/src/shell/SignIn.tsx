import { Button, Paper } from '@mantine/core';
import { IconShieldCheck, IconUser } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DemoSession } from '../session/demo';
import { LanguageSwitch } from './LanguageSwitch';

/** Choice of the demo user. Installations with OpenID Connect never show it. */
export function SignIn({ session, onSignedIn }: { session: DemoSession; onSignedIn: () => void }) {
  const { t } = useTranslation();
  const choose = (name: string) => {
    session.choose(name);
    onSignedIn();
  };
  return (
    <main className="centred">
      <Paper withBorder shadow="sm" p="xl" className="sign-in">
        <img src="/favicon.svg" alt="" width={48} height={48} />
        <h1>{t('signIn.title')}</h1>
        <p>{t('signIn.hint')}</p>
        {session.choices().map(({ name, isAdmin }) => (
          <Button
            key={name}
            fullWidth
            size="md"
            variant="default"
            justify="space-between"
            leftSection={isAdmin ? <IconShieldCheck size={20} /> : <IconUser size={20} />}
            rightSection={<small>{isAdmin ? t('app.admin') : t('signIn.user')}</small>}
            onClick={() => choose(name)}
          >
            {name}
          </Button>
        ))}
        <LanguageSwitch />
      </Paper>
    </main>
  );
}
