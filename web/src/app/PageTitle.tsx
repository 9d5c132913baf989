import type { TFunction } from 'i18next';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { matchPath, useLocation } from 'react-router';

/** What a page is called in the window's title. No names of patients or files: a browser keeps titles in its history. */
const TITLES: [path: string, title: (t: TFunction, id: string) => string][] = [
  ['/studies', (t) => t('nav.studies')],
  ['/studies/:id', (t, id) => t('app.studyTitle', { id })],
  ['/images', (t) => t('nav.images')],
  ['/images/:id', (t, id) => t('app.imageTitle', { id })],
  ['/images/:id/dicom', (t, id) => t('app.elementsTitle', { id })],
  ['/stack', (t) => t('app.stackTitle')],
  ['/upload', (t) => t('nav.upload')],
  ['/patients', (t) => t('nav.patients')],
  ['/patients/record', (t) => t('app.patientTitle')],
  ['/statistics', (t) => t('nav.statistics')],
  ['/trash', (t) => t('nav.trash')],
  ['/audit', (t) => t('audit.title')],
  ['/users', (t) => t('users.title')],
];

/** Every page has a title of its own (WCAG 2.4.2): it is what tabs, the history and screen readers say. */
export function PageTitle() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const title = titleOf(pathname, t);
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return null;
}

export function titleOf(pathname: string, t: TFunction): string {
  for (const [path, title] of TITLES) {
    const match = matchPath(path, pathname);
    if (match) return title(t, match.params['id'] ?? '');
  }
  return t('app.notFoundTitle');
}
