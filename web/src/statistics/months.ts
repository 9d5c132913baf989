/** A month as the list's filters name it: first and last day, both inclusive. */
export interface Month {
  first: string;
  last: string;
}

/** The month of a day and those before it, the newest first. */
export function monthsUntil(today: Date, count: number): Month[] {
  const [year, month] = [today.getFullYear(), today.getMonth()];
  return Array.from({ length: count }, (_, back) => ({
    first: plain(Date.UTC(year, month - back, 1)),
    last: plain(Date.UTC(year, month - back + 1, 0)),
  }));
}

const plain = (time: number) => new Date(time).toISOString().slice(0, 10);
