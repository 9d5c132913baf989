import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { zh } from './zh';

/** Languages in the order the switch offers them; the first is what is shown when nobody chose. */
export const LANGUAGES = { zh: '中文', en: 'English' } as const;
export type Language = keyof typeof LANGUAGES;

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zh };
    /** File names are never HTML here: React escapes them. */
    returnNull: false;
  }
}

const CHOSEN = 'filmroom.language';
/** The tag for `<html lang>` and Intl. */
const TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
/** Languages beside Chinese load when they are used, to keep the first load small. */
const LOADERS = { en: () => import('./en').then((module) => module.en) };

/** The language chosen before, else Chinese. */
export function preferredLanguage(storage: Storage = localStorage): Language {
  return storage.getItem(CHOSEN) === 'en' ? 'en' : 'zh';
}

export async function startLanguage(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'zh',
    fallbackLng: 'zh',
    resources: { zh: { translation: zh } },
    interpolation: { escapeValue: false },
  });
  await applyLanguage(language);
}

/** Switches the whole page and remembers it. */
export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOSEN, language);
  await applyLanguage(language);
}

async function applyLanguage(language: Language): Promise<void> {
  if (language !== 'zh' && !i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await LOADERS[language]());
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = TAGS[language];
}

/** For Intl: the tag of the language on screen. */
export function localeTag(): string {
  return TAGS[i18next.language as Language] ?? TAGS.zh;
}
