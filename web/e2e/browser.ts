import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page, type Request } from 'playwright-core';
import { ARTEFACTS, type Stack } from './stack';

export function launch(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

interface Options {
  role?: 'user' | 'admin';
  /** A particular demo user instead of the first with the role. */
  name?: string;
  language?: 'zh' | 'en';
  dark?: boolean;
  width?: number;
  height?: number;
  /** A screen for fingers, without a mouse. */
  touch?: boolean;
}

/** A signed-in browser window that remembers everything that went wrong in it. */
export class Window {
  readonly faults: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly stack: Stack,
  ) {}

  static async open(browser: Browser, stack: Stack, options: Options = {}): Promise<Window> {
    const {
      role = 'user',
      name = stack.nameOf(role),
      language = 'zh',
      dark = false,
      width = 1366,
      height = 768,
      touch = false,
    } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      acceptDownloads: true,
      hasTouch: touch,
      isMobile: touch,
    });
    await context.addInitScript(
      ([user, lang]) => {
        sessionStorage.setItem('filmroom.demo-user', user as string);
        if (localStorage.getItem('filmroom.language') === null) {
          localStorage.setItem('filmroom.language', lang as string);
        }
      },
      [name, language],
    );
    const window = new Window(context, await context.newPage(), stack);
    watchFaults(window.page, window.faults);
    return window;
  }

  go(path: string): Promise<unknown> {
    return this.page.goto(this.stack.url + path);
  }

  /** Another tab of the same person. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    watchFaults(page, this.faults);
    return page;
  }

  shot(name: string): Promise<unknown> {
    return this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
  }

  async close(): Promise<void> {
    // A request that a test answers itself may still be on its way.
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.context.close();
  }
}

/** A number for the record, beside the screenshots. Time is reported, never asserted. */
export function measured(what: string, value: string): void {
  appendFileSync(join(ARTEFACTS, 'measurements.txt'), `${what}: ${value}\n`);
}

/** Collects uncaught errors and violations of the Content-Security-Policy. */
export function watchFaults(page: Page, faults: string[] = []): string[] {
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  return faults;
}

/** Counts what goes over the wire from a page. */
export function recordRequests(page: Page, matches: (request: Request) => boolean): Request[] {
  const requests: Request[] = [];
  page.on('request', (request) => {
    if (matches(request)) requests.push(request);
  });
  return requests;
}
