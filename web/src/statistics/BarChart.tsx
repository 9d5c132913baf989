import type { CSSProperties } from 'react';
import { Link } from 'react-router';
import { count } from '../format';
import classes from './StatisticsPage.module.css';

export interface Bar {
  /** What tells it from others with the same label. */
  key?: string;
  label: string;
  value: number;
  /** Where the files are that it counts; empty where no list has just these. */
  to?: string | undefined;
}

/** Horizontal bars: long names fit, the eye compares lengths better than angles, and a screen reader reads them as the list they are. */
export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const longest = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <section className="panel">
      <h2>{title}</h2>
      <ul className={classes['bars']}>
        {bars.map(({ key, label, value, to }) => (
          <li key={key ?? label}>
            {to ? <Link to={to}>{label}</Link> : <span>{label}</span>}
            <span className={classes['bar']} style={{ '--share': value / longest } as CSSProperties}>
              {count(value)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
