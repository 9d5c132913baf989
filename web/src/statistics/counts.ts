import type { Api } from '../api/api';
import type { Person } from '../api/types';
import { eachOf } from '../images/eachOf';
import { monthsUntil, type Month } from './months';

const MONTHS = 12;
/** So many uploaders are counted, each with a request. */
const UPLOADERS = 100;

type Lists = Pick<Api, 'allImages' | 'myImages' | 'users'>;

export interface OfMonth extends Month {
  count: number;
}

/** The files of each of the last months. The service has no such figure: it is the exact total of the list that a bar leads to. */
export async function countMonths(
  api: Lists,
  everybody: boolean,
  today: Date,
  signal: AbortSignal,
): Promise<OfMonth[]> {
  const months = monthsUntil(today, MONTHS);
  const counts = await countsOf(months.length, async (index) => {
    const { first, last } = months[index] ?? { first: '', last: '' };
    const query = { start_date: first, end_date: last, page_size: 1 };
    return (await (everybody ? api.allImages(query, signal) : api.myImages(query, signal))).total ?? 0;
  });
  return months.map((month, index) => ({ ...month, count: counts[index] ?? 0 }));
}

export interface OfUploader {
  person: Person;
  count: number;
}

/** The files of each of the users, most files first. */
export async function countUploaders(api: Lists, signal: AbortSignal): Promise<OfUploader[]> {
  const { items: people } = await api.users({ page_size: UPLOADERS }, signal);
  const counts = await countsOf(people.length, async (index) => {
    const uploaded_by = people[index]?.id ?? null;
    return (await api.allImages({ uploaded_by, page_size: 1 }, signal)).total ?? 0;
  });
  return people
    .map((person, index) => ({ person, count: counts[index] ?? 0 }))
    .sort((one, other) => other.count - one.count);
}

/** Counts a few at a time. One that fails fails all: a bar that is missing would look like nothing. */
async function countsOf(length: number, count: (index: number) => Promise<number>): Promise<number[]> {
  const counts: number[] = [];
  const indexes = Array.from({ length }, (_, index) => index);
  const { failures } = await eachOf(indexes, async (index) => {
    counts[index] = await count(index);
  });
  if (failures[0]) throw failures[0].error;
  return counts;
}
