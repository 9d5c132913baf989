import { useComputedColorScheme } from '@mantine/core';
import { BarChart as Bars } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { count } from '../format';
import classes from './StatisticsPage.module.css';

register([Bars, GridComponent, CanvasRenderer]);

export interface Bar {
  label: string;
  value: number;
}

const BAR_HEIGHT = 40;

/** Horizontal bars: long names fit, and the eye compares lengths better than angles. */
export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const { t } = useTranslation();
  const element = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme('light') === 'dark';
  const height = Math.max(1, bars.length) * BAR_HEIGHT + 12;

  useEffect(() => {
    if (!element.current) return;
    const chart = init(element.current);
    chart.setOption(optionOf(bars, dark));
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [bars, dark, height]);

  const rows = bars.map(({ label, value }) => `${label} ${count(value)}`).join(', ');
  return (
    <section className="panel">
      <h2>{title}</h2>
      <div
        ref={element}
        className={classes['chart']}
        style={{ height }}
        role="img"
        aria-label={t('statistics.chart', { title, rows })}
      />
    </section>
  );
}

function optionOf(bars: Bar[], dark: boolean) {
  const ink = dark ? '#d5dde3' : '#2b353d';
  return {
    animationDuration: 300,
    grid: { left: 0, right: 64, top: 0, bottom: 0, containLabel: true },
    xAxis: { type: 'value', show: false },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: ink, fontSize: 13 },
    },
    series: [
      {
        type: 'bar',
        data: bars.map(({ value }) => value),
        barWidth: 18,
        itemStyle: { color: dark ? '#22b8cf' : '#0b7285', borderRadius: [0, 4, 4, 0] },
        label: {
          show: true,
          position: 'right',
          color: ink,
          formatter: ({ value }: { value: unknown }) => count(Number(value)),
        },
      },
    ],
  };
}
