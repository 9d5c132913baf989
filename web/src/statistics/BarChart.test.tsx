// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, expect, it } from 'vitest';
import { BarChart } from './BarChart';

afterEach(cleanup);

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

it('leads to the files that a bar counts, where a list has just these', () => {
  const bars = [
    { key: '1', label: 'Wang', value: 3, to: '/images?uploaded_by=1' },
    { key: '2', label: 'Wang', value: 2, to: '/images?uploaded_by=2' },
    { label: 'Others', value: 1, to: '' },
  ];
  render(<BarChart title="By uploader" bars={bars} />, { wrapper: MemoryRouter });
  const links = screen.getAllByRole('link').map((link) => link.getAttribute('href'));
  expect(links).toEqual(['/images?uploaded_by=1', '/images?uploaded_by=2']);
});
