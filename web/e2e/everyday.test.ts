import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, recordRequests, Window } from './browser';
import { ecg } from './objects';
import { dicom, png } from './pictures';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.api('PUT', '/patients/P-1', { name: '张三' });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const REFUSED = { status: 401, contentType: 'application/problem+json', body: '{"code":"unauthenticated"}' };

describe('a working day', () => {
  it('lets a date be typed, and asks once for it', async () => {
    await stack.put('today.png', png(1));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/images');
    await page.getByText('共 1 个文件').waitFor();
    const calls = recordRequests(page, (request) => request.url().includes('/my-images'));
    // Slowly: the answer to each digit has time to come back.
    await page.getByLabel('开始日期').focus();
    await page.keyboard.type('01022026', { delay: 150 });
    await page.waitForURL(/start_date=2026-01-02/);
    expect(await page.getByLabel('开始日期').inputValue()).toBe('2026-01-02');
    expect(calls.map((request) => new URL(request.url()).searchParams.get('start_date'))).toEqual([
      '2026-01-02',
    ]);
    await page.getByRole('button', { name: '清除筛选' }).last().click();
    await until('it is empty', async () =>
      (await page.getByLabel('开始日期').inputValue()) === '' ? true : null,
    );
    await page.goBack();
    await until('it is back', async () =>
      (await page.getByLabel('开始日期').inputValue()) === '2026-01-02' ? true : null,
    );
    await window.close();
  });

  it('asks to sign in again over a dialog, whose text stays', async () => {
    const file = await stack.put('session.png', png(2));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    await page.getByRole('button', { name: '编辑' }).click();
    await page.getByRole('dialog').getByLabel('描述').fill('三天后复查');
    await page.route('**/api/v1/**', (route) => route.fulfill(REFUSED));
    await page.getByRole('button', { name: '保存' }).click();
    await page.getByRole('dialog', { name: '登录已过期' }).waitFor();
    await window.shot('expired-over-dialog');
    await page.unroute('**/api/v1/**');
    // Playwright clicks only what nothing covers.
    await page.getByRole('button', { name: '重新登录' }).click({ timeout: 5_000 });
    await page.getByRole('dialog', { name: '登录已过期' }).waitFor({ state: 'detached' });
    expect(await page.getByRole('dialog').getByLabel('描述').inputValue()).toBe('三天后复查');
    await page.getByRole('button', { name: '保存' }).click();
    await page.getByText('已保存').waitFor();
    expect(await stack.api('GET', `/image-files/${file.id}`)).toMatchObject({ description: '三天后复查' });
    await window.close();
  });

  it('loses no text by Escape, a click beside the dialog, or Cancel', async () => {
    const file = await stack.put('text.png', png(3));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    await page.getByRole('button', { name: '编辑' }).click();
    const description = page.getByRole('dialog').getByLabel('描述');
    await description.fill('很长的一段话');
    const ways = [
      () => page.keyboard.press('Escape'),
      () => page.mouse.click(5, 400),
      () => page.getByRole('button', { name: '取消' }).click(),
      () => page.getByRole('button', { name: '关闭' }).click(),
    ];
    for (const close of ways) {
      await close();
      await page.getByRole('alertdialog').getByText('您的修改还没有保存').waitFor();
      await page.getByRole('button', { name: '继续编辑' }).click();
      await page.getByRole('alertdialog').waitFor({ state: 'detached' });
      expect(await description.inputValue()).toBe('很长的一段话');
    }
    await page.keyboard.press('Escape');
    await window.shot('unsaved');
    await page.getByRole('button', { name: '放弃修改' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Without a change there is nothing to ask.
    await page.getByRole('button', { name: '编辑' }).click();
    expect(await description.inputValue()).toBe('');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await window.close();
  });

  it('merges what two tabs change of one patient, and asks only where both changed the same', async () => {
    await stack.api('PUT', '/patients/P-2', { name: '李四', sex: 'M', birth_date: '1970-01-02' });
    const window = await Window.open(browser, stack);
    const [first, second] = [window.page, await window.tab()];
    for (const page of [first, second]) await page.goto(`${stack.url}/patients/record#patient_id=P-2`);
    const dialogOf = (page: Page) => page.getByRole('dialog');
    const edit = async (page: Page) => {
      // A tab in the background waits for its animations.
      await page.bringToFront();
      await page.reload();
      await page.getByRole('button', { name: '编辑' }).click();
      await dialogOf(page).getByLabel('姓名').waitFor();
    };
    const save = async (page: Page) => {
      await page.bringToFront();
      await dialogOf(page).getByRole('button', { name: '保存' }).click();
      await dialogOf(page).waitFor({ state: 'detached' });
    };
    const saved = () => stack.api('GET', '/patients/P-2');
    await edit(first);
    await edit(second);
    await dialogOf(second).getByLabel('病历号').fill('MRN-2');
    await save(second);
    await dialogOf(first).getByLabel('出生日期').fill('1970-01-03');
    await save(first);
    expect(await saved()).toMatchObject({
      name: '李四',
      sex: 'M',
      medical_record_number: 'MRN-2',
      birth_date: '1970-01-03',
    });

    await edit(first);
    await edit(second);
    await dialogOf(second).getByLabel('姓名').fill('李四四');
    await dialogOf(second).getByLabel('性别').selectOption({ label: '女' });
    await save(second);
    await first.bringToFront();
    await dialogOf(first).getByLabel('姓名').fill('李思');
    await dialogOf(first).getByLabel('性别').selectOption({ label: '其他' });
    await dialogOf(first).getByLabel('病历号').fill('MRN-3');
    await dialogOf(first).getByRole('button', { name: '保存' }).click();
    const conflict = dialogOf(first).getByRole('alert');
    await conflict.getByText('别人刚刚修改了这位患者').waitFor();
    expect(await conflict.getByRole('radio').count()).toBe(4);
    await conflict.getByRole('radio', { name: '性别, 现在的内容: 女' }).check();
    await window.shot('conflict-patient');
    await conflict.getByRole('button', { name: '按所选继续' }).click();
    await save(first);
    expect(await saved()).toMatchObject({
      name: '李思',
      sex: 'F',
      medical_record_number: 'MRN-3',
      birth_date: '1970-01-03',
    });
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('merges what two people change, field by field', async () => {
    const file = await stack.put('two.png', png(4), { description: 'old' });
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    const other = async (change: object) => {
      const { version } = await stack.api<{ version: number }>('GET', `/image-files/${file.id}`);
      await stack.api('PATCH', `/image-files/${file.id}`, { ...change, version });
    };
    await page.getByRole('button', { name: '编辑' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('描述').fill('mine');
    // Different fields: nobody has to decide.
    await other({ body_part: 'KNEE' });
    await page.getByRole('button', { name: '保存' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stack.api('GET', `/image-files/${file.id}`)).toMatchObject({
      description: 'mine',
      body_part: 'KNEE',
    });

    await page.getByRole('button', { name: '编辑' }).click();
    await dialog.getByLabel('描述').fill('mine again');
    await dialog.getByLabel('部位').fill('HIP');
    await dialog.getByLabel('检查类型').fill('XA');
    await other({ description: 'theirs', body_part: 'FOOT' });
    await page.getByRole('button', { name: '保存' }).click();
    await dialog.getByRole('alert').getByText('双方都改过').waitFor();
    await dialog.getByRole('radio', { name: '描述, 现在的内容: theirs' }).check();
    await window.shot('conflict-fields');
    await dialog.getByRole('button', { name: '按所选继续' }).click();
    await page.getByRole('button', { name: '保存' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stack.api('GET', `/image-files/${file.id}`)).toMatchObject({
      description: 'theirs',
      body_part: 'HIP',
      modality: 'XA',
    });
    await window.close();
  });

  it('gives every page a title of its own, without names', async () => {
    const file = await stack.put('张三.png', png(5));
    const window = await Window.open(browser, stack, { role: 'admin' });
    const titles = new Set<string>();
    const paths = [
      '/studies',
      '/studies/7',
      '/images',
      `/images/${file.id}`,
      `/images/${file.id}/dicom`,
      '/upload',
      '/patients',
      '/patients/record#patient_id=P-1',
    ];
    paths.push('/statistics', '/trash', '/audit', '/users', '/nowhere');
    for (const path of paths) {
      await window.go(path);
      await until('it has a title', async () => ((await window.page.title()).includes(' · ') ? true : null));
      titles.add(await window.page.title());
    }
    expect(titles.size).toBe(paths.length);
    expect([...titles].filter((title) => title.includes('张三'))).toEqual([]);
    await window.go('/trash');
    await window.page.getByText('English').click();
    await until('it follows the language', async () =>
      (await window.page.title()) === 'Trash · Filmroom' ? true : null,
    );
    await window.close();
  });

  it('loads a page later when its code did not come, and no upload has to end for that', async () => {
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go('/images');
    await page.getByRole('heading', { name: '影像' }).waitFor();
    await page.evaluate(() => Object.assign(globalThis, { sameVisit: true }));
    await page.route('**/assets/*.js', (route) => route.abort());
    await page.getByRole('link', { name: '统计' }).click();
    await page.getByText('这部分页面没有加载成功').waitFor();
    await page.unroute('**/assets/*.js');
    await page.getByRole('button', { name: '重试' }).click();
    await page.getByRole('heading', { name: '统计' }).waitFor();
    expect(await page.evaluate(() => 'sameVisit' in globalThis)).toBe(true);
    await window.close();
  });

  it('breaks no policy by switching between light and dark', async () => {
    const window = await Window.open(browser, stack);
    await window.go('/images');
    for (const name of ['切换到深色', '切换到浅色', '切换到深色']) {
      await window.page.getByRole('button', { name }).click();
    }
    await window.page.getByRole('button', { name: '切换到浅色' }).waitFor();
    expect(window.faults).toEqual([]);
    await window.close();
  });

  it('tells a dangerous warning from a harmless remark in the list', async () => {
    await stack.put('wrong.dcm', dicom(6, { patientId: 'P-9' }), { patient_id: 'P-1' });
    await stack.put('harmless.dcm', ecg());
    const window = await Window.open(browser, stack);
    const { page } = window;
    for (const view of ['grid', 'table']) {
      await window.go(`/images?view=${view}`);
      const mark = (name: string) =>
        page.locator('main li, main tr').filter({ hasText: name }).locator('[data-severity]');
      await mark('wrong.dcm').waitFor();
      expect(await mark('wrong.dcm').getAttribute('data-severity')).toBe('grave');
      expect(await mark('harmless.dcm').getAttribute('data-severity')).toBe('harmless');
      await window.shot(`severity-${view}`);
    }
    await window.close();
  });

  it('says of an unknown patient that they have to be added first, and nothing about letters', async () => {
    const file = await stack.put('unknown.png', png(8));
    const window = await Window.open(browser, stack);
    const { page } = window;
    await window.go(`/images/${file.id}`);
    await page.getByRole('button', { name: '编辑' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('患者编号').fill('P-404');
    await dialog.getByRole('button', { name: '保存' }).click();
    await dialog.getByText('没有这个编号的患者，请核对编号，或先建立患者。').first().waitFor();
    expect(await dialog.innerText()).not.toContain('字母');
    await window.close();
  });

  it('tells somebody whose colleague has the studies of a patient why they see none', async () => {
    await stack.put('colleague.dcm', dicom(9), { patient_id: 'P-1' });
    await until('the study is counted', async () => {
      const { items } = await stack.api<{ items: unknown[] }>('GET', '/patients/P-1/studies');
      return items.length > 0 ? true : null;
    });
    const window = await Window.open(browser, stack, { name: 'Dr. Smith' });
    await window.go('/patients/record#patient_id=P-1');
    await window.page.getByText('没有您可以查看的检查。您能看到自己上传的检查，管理员能看到全部。').waitFor();
    await window.close();
  });

  it.each(['zh', 'en'] as const)('shows the whole text of the page size in %s', async (language) => {
    const window = await Window.open(browser, stack, { language });
    await window.go('/images');
    const select = window.page.getByLabel(/每次加载|Load at a time/);
    await select.waitFor();
    const cut = await select.evaluate((element: HTMLSelectElement) => {
      const style = getComputedStyle(element);
      const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const pen = document.createElement('canvas').getContext('2d')!;
      pen.font = style.font;
      return [...element.options]
        .map(({ text }) => text)
        .filter((text) => pen.measureText(text).width > room);
    });
    expect(cut).toEqual([]);
    expect(await select.locator('option').count()).toBe(3);
    await window.close();
  });

  it('says of a bad patient id what an id may be', async () => {
    const window = await Window.open(browser, stack, { language: 'en' });
    const { page } = window;
    await window.go('/patients');
    await page.getByRole('button', { name: 'New patient' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Patient ID').fill('a b!');
    await dialog.getByLabel('Name').fill('Somebody');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('1 to 64 letters').first().waitFor();
    expect(await dialog.innerText()).not.toContain('has been added');
    await window.close();
  });
});
