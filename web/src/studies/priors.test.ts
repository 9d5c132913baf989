import { expect, it } from 'vitest';
import type { Api } from '../api/api';
import type { Study } from '../api/types';
import { priorsOf } from './priors';

const study = (id: number, patient_id: string | null, inHeader: string | null) =>
  ({ id, patient_id, patient: { id: inHeader } }) as Study;

function apiWith(items: Study[]) {
  const asked: object[] = [];
  const worklist = (query: object) => {
    asked.push(query);
    return Promise.resolve({ items });
  };
  return { asked, api: { worklist } as unknown as Pick<Api, 'worklist'> };
}

it('are those of the patient whom the study was given to, and not of the one in its header', async () => {
  const { api, asked } = apiWith([study(1, 'P-1', 'P-9'), study(2, 'P-1', 'P-1')]);
  const found = await priorsOf(api, study(1, 'P-1', 'P-9'), null);
  expect(asked).toMatchObject([{ patient_id: 'P-1' }]);
  expect(found.map(({ id }) => id)).toEqual([2]);
});

it('are those with the same id in their headers, as long as the study belongs to nobody', async () => {
  const { api, asked } = apiWith([study(1, null, 'P-1'), study(2, null, 'P-12'), study(3, 'P-1', ' P-1 ')]);
  const found = await priorsOf(api, study(1, null, 'P-1'), 7);
  expect(asked).toMatchObject([{ search: 'P-1', uploaded_by: 7 }]);
  expect(found.map(({ id }) => id)).toEqual([3]);
});

it('are none where nobody knows whose the study is', async () => {
  const { api, asked } = apiWith([study(2, null, null)]);
  expect(await priorsOf(api, study(1, null, null), null)).toEqual([]);
  expect(asked).toEqual([]);
});
