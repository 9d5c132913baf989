import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, measured, Window } from './browser';
import { ecg, pdf, printed } from './objects';
import { phantom } from './phantom';
import { detectorPng, dicom, png } from './pictures';
import { Stack, until } from './stack';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** csp.json, with what a local installation fills in. */
const POLICY = JSON.parse(readFileSync(new URL('../csp.json', import.meta.url), 'utf8')) as {
  directives: Record<string, string>;
};

let stack: Stack;
let browser: Browser;
let pages: Record<string, string>;
/** Pages that others cannot read. */
const FOR_ADMINS = new Set(['users', 'audit']);

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.api('PUT', '/patients/P-1', {
    name: '张三',
    sex: 'M',
    birth_date: '1960-05-01',
  });
  const film = await stack.put('film.dcm', dicom(1, { patientId: 'P-2' }), { patient_id: 'P-1' });
  await stack.put('photo.png', png(2));
  const doomed = await stack.put('old.png', png(3));
  await stack.api('DELETE', `/image-files/${doomed.id}`);
  // Two of one study: the trash shows them together.
  for (const seed of [4, 5]) {
    const slice = await stack.put(`old-${seed}.dcm`, dicom(seed));
    await stack.api('DELETE', `/image-files/${slice.id}`);
  }
  await stack.put('prior.dcm', phantom({ study: '1.2.826.0.1.3680043.10.2.9', patientId: 'P-2' }), {
    patient_id: 'P-1',
  });
  const [study, prior] = await until('both studies are counted', async () => {
    const { items } = await stack.api<{ items: Counted[] }>('GET', '/studies?sort=created_at');
    return items.length > 1 ? (items as [Counted, Counted]) : null;
  });
  const { series } = await stack.api<{ series: { id: number }[] }>('GET', `/studies/${prior.id}`);
  const recording = await stack.put('ecg.dcm', ecg());
  const paper = await stack.put('report.dcm', pdf(printed(2)));
  pages = {
    studies: '/studies',
    'no-studies': '/studies?modality=MR',
    study: `/studies/${study.id}`,
    beside: `/studies/${study.id}?beside=${prior.id}.${series[0]?.id}`,
    'no-study': '/studies/1',
    images: '/images',
    table: '/images?view=table',
    nothing: '/images#search=nothing',
    detail: `/images/${film.id}`,
    elements: `/images/${film.id}/dicom`,
    ecg: `/images/${recording.id}`,
    pdf: `/images/${paper.id}`,
    upload: '/upload',
    patients: '/patients',
    patient: '/patients/record#patient_id=P-1',
    nobody: '/patients/record#patient_id=P-0',
    statistics: '/statistics',
    trash: '/trash',
    users: '/users',
    audit: `/audit#file_id=${film.id}`,
  };
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

interface Counted {
  id: number;
}

interface Finding {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary: string }[];
}

async function findings(window: Window): Promise<string[]> {
  // What fades in has another contrast until it is there, and begins to do so in the frame after the next one.
  await window.page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    const ends = document
      .getAnimations()
      .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ends.map((animation) => animation.finished));
  });
  await window.page.evaluate(AXE);
  const violations = await window.page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Finding[] }> } };
    return (await axe.run()).violations;
  });
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html }) => `${impact} ${id}: ${html.slice(0, 200)}`),
  );
}

/** How a window looks, for the name of a picture of it. */
const nameOf = ({ language, dark }: { language: string; dark: boolean }, width: number) =>
  `${language}-${width}${dark ? '-dark' : ''}`;

function directives(policy: string): Record<string, string> {
  const pairs = policy.split(';').map((directive) => {
    const [name = '', ...sources] = directive.trim().split(/\s+/);
    return [name, sources.join(' ')];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

describe('the pages', () => {
  it.each([
    { language: 'zh', dark: false, width: 1366, height: 768 },
    { language: 'en', dark: true, width: 820, height: 1180 },
    { language: 'en', dark: false, width: 390, height: 844 },
  ] as const)(
    'are accessible and quiet ($language, dark: $dark, width $width)',
    async ({ width, height, ...look }) => {
      const begun = Date.now();
      const of = (role: 'user' | 'admin') => Window.open(browser, stack, { role, width, height, ...look });
      const [user, admin] = [await of('user'), await of('admin')];
      const found: Record<string, string[]> = {};
      for (const [name, path] of Object.entries(pages)) {
        const window = FOR_ADMINS.has(name) ? admin : user;
        await window.go(path);
        await window.page.waitForLoadState('networkidle');
        await window.page.locator('main h1, main h2').first().waitFor();
        await window.shot(`page-${name}-${nameOf(look, width)}`);
        const wrong = await findings(window);
        if (wrong.length > 0) found[name] = wrong;
        const sideways = await window.page.evaluate(
          () => document.documentElement.scrollWidth > innerWidth + 1,
        );
        if (sideways) (found[name] ??= []).push('the page scrolls sideways');
      }
      expect(found).toEqual({});
      measured(
        `axe, ${nameOf(look, width)}`,
        `no finding on ${Object.keys(pages).length} pages in ${((Date.now() - begun) / 1000).toFixed(0)} s`,
      );
      expect([...user.faults, ...admin.faults]).toEqual([]);
      await Promise.all([user.close(), admin.close()]);
    },
    120_000,
  );

  it.each([
    { dark: false, width: 1366, height: 768 },
    { dark: true, width: 390, height: 844 },
  ])(
    'are accessible when something is wrong (dark: $dark, width $width)',
    async ({ dark, width, height }) => {
      const window = await Window.open(browser, stack, { dark, width, height });
      const { page } = window;
      const name = dark ? 'dark-phone' : 'light';
      await stack.api('PUT', '/patients/P-3', { name: '李四' });
      await window.go('/upload#patient_id=P-3');
      await page.locator('input[value*="李四"]').waitFor();
      const file = (called: string, buffer: Buffer) => ({ name: called, mimeType: '', buffer });
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles([
          file('fake.jpg', Buffer.from(`no picture ${name}`)),
          file('photo.png', png(2)),
          file('theirs.dcm', dicom(dark ? 50 : 51, { patientId: 'P-9' })),
        ]);
      const found: Record<string, string[]> = {};
      const look = async (what: string) => {
        await window.shot(`wrong-${what}-${name}`);
        const wrong = await findings(window);
        if (wrong.length > 0) found[what] = wrong;
      };
      await page.getByRole('dialog').getByText('没有归到任何患者').waitFor();
      await look('question');
      await page.keyboard.press('Escape');
      await page.getByText('全部完成：失败 1 个，存疑 2 个').waitFor();
      await look('upload');
      const detector = await stack.put(`detector-${name}.png`, detectorPng(dark ? 52 : 53));
      await window.go(`/images/${detector.id}`);
      await page.getByRole('note').waitFor();
      await look('preview');
      expect(found).toEqual({});
      expect(window.faults).toEqual([]);
      await window.close();
    },
    120_000,
  );

  it.each([
    { language: 'en', dark: false, width: 1366, height: 768 },
    { language: 'zh', dark: true, width: 390, height: 844 },
  ] as const)(
    'are accessible where they ask and where files are read as a stack ($language, width $width)',
    async ({ width, height, ...look }) => {
      const window = await Window.open(browser, stack, { width, height, ...look });
      const { page } = window;
      const found: Record<string, string[]> = {};
      const check = async (what: string) => {
        await window.shot(`asked-${what}-${nameOf(look, width)}`);
        const wrong = await findings(window);
        if (wrong.length > 0) found[what] = wrong;
      };
      const press = (name: RegExp) => page.getByRole('button', { name }).first().click();
      const dialog = page.getByRole('dialog');
      const ask = async (what: string, opened: RegExp) => {
        await dialog.getByText(opened).first().waitFor();
        await check(what);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      };
      await window.go(pages['detail'] ?? '/');
      await press(/^(编辑|Edit)$/);
      await ask('edit', /编辑信息|Edit details/);
      await window.go(pages['patient'] ?? '/');
      await press(/^(编辑|Edit)$/);
      await ask('patient', /编辑信息|Edit details/);
      await window.go(pages['study'] ?? '/');
      await press(/^(对比|Compare)$/);
      await ask('compare', /与哪个序列对比|Compare with which/);
      for (const [what, item, title] of [
        ['assign', /归到患者…|Give to a patient…/, /归到患者|to a patient/],
        ['delete', /删除整个检查…|Delete the whole study…/, /删除整个检查？|Delete the whole study\?/],
      ] as const) {
        await press(/更多操作|More actions/);
        await page.getByRole('menuitem', { name: item }).click();
        await page.getByRole('menu').waitFor({ state: 'detached' });
        await ask(what, title);
      }
      await window.go('/images#search=.dcm');
      for (const name of ['film.dcm', 'prior.dcm']) {
        await page.getByLabel(new RegExp(`(选择|Select) ${name}`)).check();
      }
      await press(/连续阅读|Read as a stack/);
      await page.waitForURL(/\/stack$/);
      await page.locator('[role=application]').waitFor();
      await check('stack');
      expect(found).toEqual({});
      expect(window.faults).toEqual([]);
      await window.close();
    },
    120_000,
  );

  it('run under the strict policy they are built for', async () => {
    const response = await fetch(`${stack.url}/images`);
    const header = response.headers.get('content-security-policy') ?? '';
    const page =
      /http-equiv="Content-Security-Policy" content="([^"]*)"/
        .exec(await response.text())?.[1]
        ?.replaceAll('&#39;', "'") ?? '';
    // A browser enforces both: what either forbids is forbidden.
    for (const name of ['script-src', 'style-src', 'worker-src', 'base-uri', 'form-action']) {
      expect(directives(page)[name], name).toBe(POLICY.directives[name]);
    }
    expect(directives(header)['frame-ancestors']).toBe("'none'");
    for (const name of ['connect-src', 'img-src']) {
      const hosts = directives(header)[name]?.match(/https?:\S+/g) ?? [];
      expect(hosts, name).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
    }
    expect(header).not.toContain("'unsafe-eval'");
  });

  it('refuse an injected script and an injected style', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images');
    const ran = await window.page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.injected = true';
      const style = document.createElement('style');
      style.textContent = 'body { opacity: 0.5 }';
      document.head.append(script, style);
      return { script: 'injected' in globalThis, opacity: getComputedStyle(document.body).opacity };
    });
    expect(ran).toEqual({ script: false, opacity: '1' });
    await window.close();
  });

  it('load nothing from anywhere but the stack', async () => {
    const window = await Window.open(browser, stack);
    const hosts = new Set<string>();
    window.page.on('request', (request) => hosts.add(new URL(request.url()).hostname));
    for (const path of Object.values(pages)) {
      await window.go(path);
      await window.page.waitForLoadState('networkidle');
    }
    hosts.delete('');
    expect([...hosts]).toEqual(['127.0.0.1']);
    await window.close();
  });

  it('tell no server but the API which patient is looked at', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(decodeURIComponent(request.url())));
    const addresses: string[] = [];
    page.on('framenavigated', (frame) => addresses.push(decodeURIComponent(frame.url()).replace(/#.*/, '')));
    await window.go('/patients');
    await page.getByLabel('按姓名或编号搜索').fill('张三');
    await page.waitForURL(/#search=/);
    await page.getByRole('link', { name: '张三' }).click();
    await page.getByRole('link', { name: '查看全部影像' }).click();
    await page.getByText('共 2 个文件').waitFor();
    await page.reload();
    await page.getByText('共 2 个文件').waitFor();
    expect(await page.getByLabel('患者编号').inputValue()).toBe('P-1');
    await page.goBack();
    await page.getByRole('link', { name: '为这位患者上传' }).click();
    await page.locator('input[value*="张三"]').waitFor();
    // The contract's own routes carry the id: /api/v1/patients/{patient_id}.
    const others = asked.filter((url) => !url.includes('/api/v1/'));
    expect(others.length).toBeGreaterThan(0);
    expect([...others, ...addresses].filter((url) => /张三|P-1/.test(url))).toEqual([]);
    await window.close();
  });

  it('keep no patient in storage', async () => {
    const window = await Window.open(browser, stack);
    for (const path of [pages['patient'], pages['detail'], pages['upload']]) {
      await window.go(path ?? '/');
      await window.page.waitForLoadState('networkidle');
    }
    const stored = await window.page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    expect(stored).not.toMatch(/张三|P-1|P-2|TEST/);
    await window.close();
  });
});
