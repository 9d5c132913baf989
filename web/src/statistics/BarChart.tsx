import type { CSSProperties } from 'react';
import { Link } from 'react-router';
import { count } from '../format';
import classes from './StatisticsPage.module.css';

export interface Bar {
  label: string;
  value: number;
  /** Where the files are that it counts. */
  to?: string;
}

/** Horizontal bars: long names fit, the eye compares lengths better than angles, and a screen reader reads them as the list they are. */
export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const longest = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <section className="panel">
      <h2>{title}</h2>
      <ul className={classes['bars']}>
        {bars.map(({ label, value, to }) => (
          <li key={label}>
            {to === undefined ? <span>{label}</span> : <Link to={to}>{label}</Link>}
            <span className={classes['bar']} style={{ '--share': value / longest } as CSSProperties}>
              {count(value)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
