// @vitest-environment jsdom
import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { BarChart } from './BarChart';

it('says each bar as label and count, and draws each as its share of the longest', () => {
  render(
    <BarChart
      title="By type"
      bars={[
        { label: 'DICOM', value: 12_345 },
        { label: 'PNG', value: 0 },
      ]}
    />,
  );
  const bars = screen.getAllByRole('listitem');
  expect(bars.map((bar) => bar.textContent)).toEqual(['DICOM12,345', 'PNG0']);
  const shares = bars.map((bar) => (bar.lastElementChild as HTMLElement).style.getPropertyValue('--share'));
  expect(shares).toEqual(['1', '0']);
});
