import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../api/types';
import { csvOf } from './table';

const ENTRY: AuditEntry = {
  at: '2026-01-05T14:30:22.000Z',
  actor_id: 5,
  actor_name: '王医生',
  action: 'list',
  file_id: null,
  files: [241413742592123, 241413742592124],
  studies: [],
  patient_id: 'P-1',
  patients: [],
  user_id: null,
  ip: '203.0.113.7',
  user_agent: 'a "browser", of sorts',
  request_id: 'abc=',
};

function cells(entry: Partial<AuditEntry>): string {
  return csvOf([{ ...ENTRY, ...entry }]).split('\r\n')[1] ?? '';
}

describe('the table for spreadsheets', () => {
  it('has a line of names and one for each entry, with quotes doubled', () => {
    const [names, line, end] = csvOf([ENTRY]).split('\r\n');
    expect(names).toBe(
      '\uFEFFat,actor_id,actor_name,action,file_id,files,studies,patient_id,patients,user_id,ip,user_agent,request_id',
    );
    expect(line).toBe(
      '"2026-01-05T14:30:22.000Z","5","王医生","list","","241413742592123 241413742592124","","P-1","","","203.0.113.7","a ""browser"", of sorts","abc="',
    );
    expect(end).toBe('');
  });

  it.each(['=HYPERLINK("http://evil")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1'])(
    'lets no name begin a formula: %j',
    (name) => {
      expect(cells({ actor_name: name })).toContain(`"'${name.replaceAll('"', '""')}"`);
      expect(cells({ user_agent: name })).toContain(`"'${name.replaceAll('"', '""')}"`);
    },
  );

  it('keeps line breaks inside of their cell', () => {
    expect(csvOf([{ ...ENTRY, actor_name: 'a\nb,c' }])).toContain('"a\nb,c"');
  });
});
