import type { Browser, BrowserContext, Page } from 'playwright-core';
import { watchFaults } from './browser';

/** A window in English in which nobody is signed in. The providers' own pages ask for a font of the internet, which they do not get. */
export async function openStranger(
  browser: Browser,
): Promise<{ context: BrowserContext; page: Page; faults: string[] }> {
  const context = await browser.newContext();
  await context.addInitScript(() => localStorage.setItem('filmroom.language', 'en'));
  await context.route('https://**', (route) => route.abort());
  const page = await context.newPage();
  return { context, page, faults: watchFaults(page) };
}

/** Fills in the provider's own pages, who one is and that the site may know it, and comes back to the site. */
export async function signInAt(provider: string, site: string, page: Page, login: string): Promise<void> {
  await page.waitForURL(`${provider}/**`);
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${site}/**`);
}
