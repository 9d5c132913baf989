import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch } from './browser';
import { Installation } from './installation';
import { CLIENT_ID } from './issuer';
import { SHAPES, ShapedProvider } from './providers';
import { openStranger, signInAt } from './sign-in';
import { Stack } from './stack';

describe.each(SHAPES)('signing in with tokens like those of $name', (shape) => {
  let provider: ShapedProvider;
  let stack: Stack;
  let site: Installation;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let faults: string[];
  /** What the page sends to the API, newest last. */
  let tokens: string[];

  beforeAll(async () => {
    provider = await ShapedProvider.listen(shape);
    site = await Installation.listen();
    [stack, browser] = await Promise.all([
      Stack.start({ ...provider.settings, ALLOWED_ORIGINS: site.url }),
      launch(),
    ]);
    const scope = `openid ${shape.scope}`.trim();
    const auth = {
      authority: provider.issuer,
      clientId: CLIENT_ID,
      scope,
      ...(shape.bearer && { bearer: shape.bearer }),
      ...(shape.parameters && { parameters: shape.parameters }),
    };
    site.serve(stack, auth, provider.origins);
    provider.serve(site.url);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await stack?.stop();
    await provider?.stop();
  });

  beforeEach(async () => {
    ({ context, page, faults } = await openStranger(browser));
    tokens = [];
    page.on('request', (request) => {
      const header = request.headers()['authorization'];
      if (header && request.url().includes('/api/v1/')) tokens.push(header);
    });
  });
  afterEach(() => context.close());

  const signIn = () => signInAt(provider.endpoints, site.url, page, shape.subject);

  /** What the service answers to the page's token. */
  async function ask(path: string, authorization = tokens.at(-1) ?? ''): Promise<number> {
    const response = await fetch(`${stack.url}/api/v1${path}`, { headers: { authorization } });
    return response.status;
  }

  it('opens the images, also after the keys have rotated, and makes its administrator one', async () => {
    await page.goto(`${site.url}/images`);
    await signIn();
    await page.getByRole('heading', { name: 'Images', exact: true }).waitFor();
    await page.getByText('No images yet').waitFor();
    expect(await ask('/image-files/stats/summary?scope=all')).toBe(200);

    provider.rotate(site.url);
    let refusals = 1;
    await page.route('**/api/v1/**', (route) =>
      refusals-- > 0
        ? route.fulfill({
            status: 401,
            contentType: 'application/problem+json',
            body: '{"code":"unauthenticated"}',
          })
        : route.continue(),
    );
    const answered = page.waitForResponse((got) => got.url().includes('modality=MR') && got.ok());
    await page.getByLabel('Modality').selectOption('MR');
    await answered;
    await page.getByText('Nothing matches').waitFor();
    const kids = new Set(tokens.map(kidOf));
    expect([...kids]).toEqual(['old', 'new']);
    expect(await ask('/image-files/my-images')).toBe(200);

    provider.isDown = true;
    expect(await ask('/image-files/my-images'), 'known keys are used on').toBe(200);
    provider.isDown = false;
    expect(faults).toEqual([]);
  });

  it('signs out, and in again only when somebody wants to', async () => {
    await page.goto(`${site.url}/images`);
    await signIn();
    await page.getByRole('button', { name: /Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    if (shape.endless) {
      await page.getByText('You are signed out').waitFor();
      await page.reload();
      await page.getByRole('button', { name: 'Sign in again' }).click();
    } else {
      await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    }
    await page.getByPlaceholder('Enter any login').waitFor();
  });
});

function kidOf(authorization: string): string {
  const header = Buffer.from(authorization.split(' ')[1]?.split('.')[0] ?? '', 'base64url').toString();
  return (JSON.parse(header) as { kid: string }).kid;
}
