import {
  ActionIcon,
  Button,
  Menu,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import {
  IconChartBar,
  IconFolders,
  IconListSearch,
  IconLogout,
  IconMoon,
  IconPhoto,
  IconSun,
  IconTrash,
  IconUpload,
  IconUserCog,
  IconUserCircle,
  IconUsers,
} from '@tabler/icons-react';
import { useState, type MouseEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink } from 'react-router';
import { Dialog } from './Dialog';
import { useServices } from '../app/context';
import { DownloadPanel } from '../download/DownloadPanel';
import { DropAnywhere } from '../upload/DropAnywhere';
import { isUnfinished } from '../upload/item';
import { UploadBadge } from '../upload/UploadBadge';
import { useUploads } from '../upload/useUploads';
import { LanguageSwitch } from './LanguageSwitch';
import classes from './Layout.module.css';

const PAGES = [
  { to: '/studies', key: 'nav.studies', icon: IconFolders },
  { to: '/images', key: 'nav.images', icon: IconPhoto },
  { to: '/upload', key: 'nav.upload', icon: IconUpload },
  { to: '/patients', key: 'nav.patients', icon: IconUsers },
  { to: '/statistics', key: 'nav.statistics', icon: IconChartBar },
  { to: '/trash', key: 'nav.trash', icon: IconTrash },
] as const;
/** For administrators only. */
const ADMIN_PAGES = [{ to: '/audit', key: 'nav.audit', icon: IconListSearch }] as const;

/** Header and navigation: on top of a screen, at the thumb on a phone. */
export function Layout({ children, onSignOut }: { children: ReactNode; onSignOut: () => void }) {
  const { t } = useTranslation();
  const { user } = useServices();
  const pages = user.isAdmin ? [...PAGES, ...ADMIN_PAGES] : PAGES;
  return (
    <div className={classes['frame']}>
      <SkipLink />
      <header className={classes['header']}>
        {/* A tablet has no room for the text. */}
        <NavLink to="/studies" className={classes['brand']} aria-label={t('app.name')}>
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <span>{t('app.name')}</span>
        </NavLink>
        <nav className={classes['nav']} aria-label={t('app.menu')}>
          {pages.map(({ to, key, icon: Icon }) => (
            <NavLink key={to} to={to} className={classes['link']}>
              <Icon size={19} aria-hidden />
              <span>{t(key)}</span>
              {to === '/upload' && <UploadBadge />}
            </NavLink>
          ))}
        </nav>
        <div className={classes['tools']}>
          <LanguageSwitch />
          <SchemeSwitch />
          <Account onSignOut={onSignOut} />
        </div>
      </header>
      <main id="content" className={classes['content']} tabIndex={-1}>
        {children}
      </main>
      <DropAnywhere />
      <DownloadPanel />
    </div>
  );
}

/** Not followed as a link: what stands behind the `#` of the address belongs to the page. */
function SkipLink() {
  const { t } = useTranslation();
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    document.getElementById('content')?.focus();
  };
  return (
    <a className="skip" href="#content" onClick={skip}>
      {t('app.skip')}
    </a>
  );
}

function SchemeSwitch() {
  const { t } = useTranslation();
  // Without transitions it would inject <style>, which the Content-Security-Policy forbids.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const dark = useComputedColorScheme('light') === 'dark';
  const label = t(dark ? 'app.themeLight' : 'app.themeDark');
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useTranslation();
  const { user } = useServices();
  const unfinished = useUploads().items.filter(isUnfinished).length;
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label={`${t('app.account')}: ${user.name}`}>
            <IconUserCircle size={19} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {user.name}
            {user.isAdmin && ` · ${t('app.admin')}`}
          </Menu.Label>
          {user.isAdmin && (
            <Menu.Item component={Link} to="/users" leftSection={<IconUserCog size={16} />}>
              {t('users.title')}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconLogout size={16} />}
            onClick={() => (unfinished > 0 ? setAsking(true) : onSignOut())}
          >
            {t('app.signOut')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={asking} onClose={() => setAsking(false)} title={t('app.signOut')}>
        <p className="alert-text">{t('app.signOutUploads', { count: unfinished })}</p>
        <Button color="red.9" onClick={onSignOut}>
          {t('app.signOutAnyway')}
        </Button>
      </Dialog>
    </>
  );
}
