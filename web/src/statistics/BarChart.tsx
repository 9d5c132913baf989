import type { CSSProperties } from 'react';
import { count } from '../format';
import classes from './StatisticsPage.module.css';

export interface Bar {
  label: string;
  value: number;
}

/** Horizontal bars: long names fit, the eye compares lengths better than angles, and a screen reader reads them as the list they are. */
export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const longest = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <section className="panel">
      <h2>{title}</h2>
      <ul className={classes['bars']}>
        {bars.map(({ label, value }) => (
          <li key={label}>
            <span>{label}</span>
            <span className={classes['bar']} style={{ '--share': value / longest } as CSSProperties}>
              {count(value)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
