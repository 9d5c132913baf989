import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch } from './browser';
import { Installation } from './installation';
import { AUDIENCE, CLIENT_ID, DOCTOR, Issuer } from './issuer';
import { png } from './pictures';
import { openStranger, signInAt } from './sign-in';
import { Stack } from './stack';

let issuer: Issuer;
let stack: Stack;
let site: Installation;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  issuer = await Issuer.listen();
  site = await Installation.listen();
  const trust = { JWKS_URL: issuer.keys, JWT_ISSUER: issuer.url, JWT_AUDIENCE: AUDIENCE };
  [stack, browser] = await Promise.all([Stack.start({ ...trust, ALLOWED_ORIGINS: site.url }), launch()]);
  site.serve(stack, { authority: issuer.url, clientId: CLIENT_ID }, [issuer.url]);
  issuer.serve(site.url);
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await stack?.stop();
  await issuer?.stop();
});

beforeEach(async () => {
  ({ context, page, faults } = await openStranger(browser));
});
afterEach(() => context.close());

const signIn = () => signInAt(issuer.url, site.url, page, DOCTOR.login);

const refuse = (route: Route) =>
  route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"code":"unauthenticated"}' });

describe('signing in at an OpenID Connect provider', () => {
  it('comes back to the page that was asked for, with a token that the service accepts', async () => {
    const authorizations: URL[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin === issuer.url && url.pathname === '/auth') authorizations.push(url);
    });
    await page.goto(`${site.url}/upload?view=table#patient_id=P-1`);
    await signIn();
    await page.waitForURL(`${site.url}/upload?view=table#patient_id=P-1`);
    expect(authorizations[0]?.searchParams.get('code_challenge_method')).toBe('S256');
    expect(authorizations[0]?.searchParams.get('response_type')).toBe('code');
    expect(authorizations[0]?.href).not.toContain('P-1');

    await page.goto(`${site.url}/upload`);
    const file = { name: 'mine.png', mimeType: 'image/png', buffer: png(1) };
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.locator('[data-state=done]', { hasText: 'mine.png' }).waitFor();
    await page.goto(`${site.url}/images?view=table`);
    await page
      .getByRole('row', { name: /mine\.png/ })
      .getByText(DOCTOR.name)
      .waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, sessionStorage.getItem('filmroom.return-to')]),
    );
    expect(kept).not.toMatch(/P-1|access_token/);
    expect(faults).toEqual([]);
  });

  it('renews a refused token without the user noticing', async () => {
    await page.goto(`${site.url}/images`);
    await signIn();
    await page.getByRole('heading', { name: 'Images', exact: true }).waitFor();
    const tokens = new Set<string>();
    let refusals = 1;
    await page.route('**/api/v1/**', async (route) => {
      tokens.add((await route.request().headerValue('authorization')) ?? '');
      return refusals-- > 0 ? refuse(route) : route.continue();
    });
    await page.getByLabel('Modality').selectOption('MR');
    await page.getByText('Nothing matches').waitFor();
    expect(tokens.size).toBe(2);
    expect(await page.getByText('Your session has expired').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('asks again in a window of its own when the session cannot be renewed, and keeps the page', async () => {
    await page.goto(`${site.url}/images`);
    await signIn();
    await page.getByRole('heading', { name: 'Images', exact: true }).waitFor();
    await page.route('**/api/v1/**', refuse);
    const noRefresh = (route: Route) =>
      route.fulfill({
        status: 400,
        json: { error: 'invalid_grant' },
        headers: { 'access-control-allow-origin': site.url },
      });
    await page.route(`${issuer.url}/token`, noRefresh);
    await page.getByLabel('Modality').selectOption('MR');
    await page.getByText('Your session has expired').first().waitFor();
    await page.unroute('**/api/v1/**', refuse);
    await page.unroute(`${issuer.url}/token`, noRefresh);
    const popup = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    // The issuer still knows the doctor: its window closes by itself.
    await (await popup).waitForEvent('close');
    await page.getByText('Nothing matches').waitFor();
    expect(faults).toEqual([]);
  });

  it('signs out at the provider as well', async () => {
    await page.goto(`${site.url}/images`);
    await signIn();
    await page.getByRole('button', { name: /Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.getByPlaceholder('Enter any login').waitFor();
  });

  it('begins anew after a sign-in that the provider refused', async () => {
    await page.goto(`${site.url}/auth/callback?error=access_denied&state=unknown`);
    await page.getByText('Cannot start').waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByPlaceholder('Enter any login').waitFor();
  });
});
