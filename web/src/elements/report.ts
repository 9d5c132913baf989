import { items, text, type DataSet } from './dataSet';

/** A content item of a report (PS3.3 C.17.3). */
export interface Content {
  /** What it is about. */
  concept: string;
  /** What it says; empty for headings. */
  value: string;
  children: Content[];
}

export interface Report {
  title: string;
  /** COMPLETE or PARTIAL; VERIFIED or UNVERIFIED (C.17.2): who reads it has to know. */
  completion: string;
  verification: string;
  content: Content[];
}

const DEEPEST = 32;

/** A structured report as what it says. */
export function reportOf(dataSet: DataSet): Report {
  return {
    title: meaning(items(dataSet, '0040A043')[0]),
    completion: text(dataSet, '0040A491'),
    verification: text(dataSet, '0040A493'),
    content: contentOf(dataSet, 0),
  };
}

function contentOf(dataSet: DataSet, depth: number): Content[] {
  if (depth > DEEPEST) return [];
  return items(dataSet, '0040A730').map((item) => ({
    concept: meaning(items(item, '0040A043')[0]),
    value: valueOf(item),
    children: contentOf(item, depth + 1),
  }));
}

/** Where each kind of item has its value (C.17.3.2). */
const VALUES: Record<string, string> = {
  TEXT: '0040A160',
  DATETIME: '0040A120',
  DATE: '0040A121',
  TIME: '0040A122',
  PNAME: '0040A123',
  UIDREF: '0040A124',
};

function valueOf(item: DataSet): string {
  const kind = text(item, '0040A040');
  if (kind === 'CODE') return meaning(items(item, '0040A168')[0]);
  if (kind === 'NUM') {
    const measured = items(item, '0040A300')[0];
    const unit = measured && items(measured, '004008EA')[0];
    return [text(measured, '0040A30A'), text(unit, '00080100')].filter(Boolean).join(' ');
  }
  const tag = VALUES[kind];
  if (tag) return text(item, tag);
  const [referenced] = items(item, '00081199');
  return referenced ? text(referenced, '00081155') : '';
}

const meaning = (code: DataSet | undefined) => text(code, '00080104') || text(code, '00080100');
